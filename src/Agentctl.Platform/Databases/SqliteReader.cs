using System.Text;

namespace Agentctl.Platform;

/// <summary>
/// Reads another tool's SQLite database and leaves nothing behind. Open, read, dispose: while it is open a writer that ends
/// cannot tidy up its own side files. What is read is bounded (<see cref="SqliteBudget"/>). One thread at a time.
/// </summary>
public sealed unsafe class SqliteReader : IDisposable
{
    private const int BusyTimeoutMs = 200;

    private readonly string path;
    private readonly SqliteBudget budget;
    private readonly CancellationToken cancellationToken;
    private nint database;

    private SqliteReader(string path, nint database, long steps, CancellationToken cancellationToken)
    {
        this.path = path;
        this.database = database;
        this.cancellationToken = cancellationToken;
        budget = new SqliteBudget(database, steps, cancellationToken);
    }

    /// <summary>Opens a database; null without a problem when there is none, null with one when it cannot be read now.</summary>
    /// <param name="problem">What is wrong, with the path; a sentence for people.</param>
    /// <param name="cancellationToken">Interrupts a query in progress; from then on reading throws <see cref="OperationCanceledException"/>.</param>
    public static SqliteReader? TryOpen(string path, out string? problem, CancellationToken cancellationToken = default) =>
        TryOpen(path, SqliteBudget.DefaultSteps, out problem, cancellationToken);

    internal static SqliteReader? TryOpen(string path, long steps, out string? problem, CancellationToken cancellationToken)
    {
        problem = null;
        try
        {
            if (NativeFile.Stat(path) is null)
            {
                problem = Path.Exists(path) ? $"cannot read {path}: it is not a regular file" : null;
                return null;
            }

            if (!SqliteLibrary.IsAvailable)
            {
                problem = $"cannot read {path}: {SqliteLibrary.Name} is not installed (Debian: apt install libsqlite3-0)";
                return null;
            }

            if (UriOf(path, out problem) is not { } uri)
            {
                return null;
            }

            return Open(path, uri, steps, out problem, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problem = failure.Message;
            return null;
        }
    }

    private static SqliteReader? Open(string path, string uri, long steps, out string? problem, CancellationToken cancellationToken)
    {
        var code = SqliteLibrary.Open(uri, out var opened, SqliteLibrary.OpenFlags, 0);
        if (opened == 0)
        {
            problem = $"cannot read {path}: the SQLite library has no memory left";
            return null;
        }

        var reader = new SqliteReader(path, opened, steps, cancellationToken);
        try
        {
            if (code != SqliteLibrary.SQLITE_OK)
            {
                throw reader.Failed();
            }

            _ = SqliteLibrary.BusyTimeout(opened, BusyTimeoutMs);
            foreach (var pragma in SqliteBudget.Pragmas)
            {
                _ = reader.Query(pragma).Count();
            }

            // Opening reads nothing yet; this does, and finds what is no database, is busy or may not be read.
            _ = reader.Query("select count(*) from sqlite_master").First();
            problem = null;
            return reader;
        }
        catch (OperationCanceledException)
        {
            reader.Dispose();
            throw;
        }
        catch (IOException failure)
        {
            problem = failure.Message;
            reader.Dispose();
            return null;
        }
    }

    /// <summary>
    /// A log that is not empty may hold rows the database file lacks, so the reader must join in (mode=ro, and the side files exist
    /// anyway). Without one the file is the truth, and immutable=1 opens it without a lock and without creating -wal and -shm.
    /// </summary>
    private static string? UriOf(string path, out string? problem)
    {
        problem = null;
        var name = new StringBuilder("file:").Append(Path.GetFullPath(path).Replace("%", "%25").Replace("?", "%3f").Replace("#", "%23"));
        if (NativeFile.Stat(path + "-wal") is { SizeBytes: > 0 })
        {
            if (NativeFile.Stat(path + "-shm") is not null)
            {
                return name.Append("?mode=ro").ToString();
            }

            problem = $"cannot read {path}: its log ({Path.GetFileName(path)}-wal) has no index (-shm) and reading it would create one. Open it once with its own agent";
            return null;
        }

        var isBeingWritten = NativeFile.Stat(path + "-journal") is { SizeBytes: > 0 };
        return name.Append(isBeingWritten ? "?mode=ro" : "?immutable=1").ToString();
    }

    /// <summary>The rows of a query, read one by one as they are asked for. Parameters are texts for <c>?1</c>, <c>?2</c>, …</summary>
    /// <exception cref="IOException">The database is busy, damaged, has not these tables or columns (ask <see cref="Columns"/> before), or would cost too much to read.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public IEnumerable<SqliteRow> Query(string sql, params string[] parameters)
    {
        ObjectDisposedException.ThrowIf(database == 0, this);
        var statement = Prepare(sql, parameters);
        try
        {
            while (Step(statement))
            {
                yield return SqliteRow.Read(statement);
            }
        }
        finally
        {
            _ = SqliteLibrary.Finish(statement);
        }
    }

    /// <summary>Names of a table's columns; empty when there is no such table. Schemas change with agent versions: ask first.</summary>
    public IReadOnlySet<string> Columns(string table) =>
        Query("select name from pragma_table_info(?1)", table).Select(static row => row.Text(0) ?? "").ToHashSet();

    private nint Prepare(string sql, string[] parameters)
    {
        var text = Encoding.UTF8.GetBytes(sql);
        nint statement;
        fixed (byte* bytes = text)
        {
            if (SqliteLibrary.Prepare(database, bytes, text.Length, out statement, 0) != SqliteLibrary.SQLITE_OK)
            {
                throw Failed();
            }
        }

        for (var i = 0; i < parameters.Length; i++)
        {
            var value = Encoding.UTF8.GetBytes(parameters[i] + "\0");
            fixed (byte* bytes = value)
            {
                if (SqliteLibrary.BindText(statement, i + 1, bytes, value.Length - 1, SqliteLibrary.SQLITE_TRANSIENT) != SqliteLibrary.SQLITE_OK)
                {
                    var failure = Failed();
                    _ = SqliteLibrary.Finish(statement);
                    throw failure;
                }
            }
        }

        return statement;
    }

    private bool Step(nint statement)
    {
        ObjectDisposedException.ThrowIf(database == 0, this);
        cancellationToken.ThrowIfCancellationRequested();
        return SqliteLibrary.Step(statement) switch
        {
            SqliteLibrary.SQLITE_ROW => true,
            SqliteLibrary.SQLITE_DONE => false,
            _ => throw Failed(),
        };
    }

    private Exception Failed() => cancellationToken.IsCancellationRequested
        ? new OperationCanceledException(cancellationToken)
        : new IOException(budget.IsSpent
            ? $"cannot read {path}: its tables take more work to read than any sessions would; they are damaged or were replaced by views"
            : $"cannot read {path}: {SqliteLibrary.Message(database)}");

    public void Dispose()
    {
        budget.Dispose();
        var open = Interlocked.Exchange(ref database, 0);
        if (open != 0)
        {
            _ = SqliteLibrary.Close(open);
        }
    }
}
