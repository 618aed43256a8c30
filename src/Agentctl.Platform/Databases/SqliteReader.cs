using System.Text;

namespace Agentctl.Platform;

/// <summary>
/// Reads another tool's SQLite database and leaves nothing behind. Open, read, dispose: while it is open a writer that ends
/// cannot tidy up its own side files. One thread at a time.
/// </summary>
public sealed unsafe class SqliteReader : IDisposable
{
    private const int BusyTimeoutMs = 200;

    private readonly string _path;
    private nint _database;

    private SqliteReader(string path, nint database)
    {
        _path = path;
        _database = database;
    }

    /// <summary>Opens a database; null without a problem when there is none, null with one when it cannot be read now.</summary>
    /// <param name="problem">What is wrong, with the path; a sentence for people.</param>
    public static SqliteReader? TryOpen(string path, out string? problem)
    {
        problem = null;
        try
        {
            if (NativeFile.Stat(path) is null)
            {
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

            return Open(path, uri, out problem);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problem = failure.Message;
            return null;
        }
    }

    private static SqliteReader? Open(string path, string uri, out string? problem)
    {
        var code = SqliteLibrary.Open(uri, out var database, SqliteLibrary.OpenFlags, 0);
        var reader = new SqliteReader(path, database);
        try
        {
            if (code != SqliteLibrary.SQLITE_OK)
            {
                throw reader.Failed();
            }

            _ = SqliteLibrary.BusyTimeout(database, BusyTimeoutMs);
            // Opening reads nothing yet; this does, and finds what is no database, is busy or may not be read.
            _ = reader.Query("select count(*) from sqlite_master").First();
            problem = null;
            return reader;
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
    /// <exception cref="IOException">The database is busy, damaged, or has not these tables or columns (ask <see cref="Columns"/> before).</exception>
    public IEnumerable<SqliteRow> Query(string sql, params string[] parameters)
    {
        ObjectDisposedException.ThrowIf(_database == 0, this);
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
            if (SqliteLibrary.Prepare(_database, bytes, text.Length, out statement, 0) != SqliteLibrary.SQLITE_OK)
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
        ObjectDisposedException.ThrowIf(_database == 0, this);
        return SqliteLibrary.Step(statement) switch
        {
            SqliteLibrary.SQLITE_ROW => true,
            SqliteLibrary.SQLITE_DONE => false,
            _ => throw Failed(),
        };
    }

    private IOException Failed() => new($"cannot read {_path}: {SqliteLibrary.Message(_database)}");

    public void Dispose()
    {
        var database = Interlocked.Exchange(ref _database, 0);
        if (database != 0)
        {
            _ = SqliteLibrary.Close(database);
        }
    }
}
