using System.Diagnostics;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class SqliteReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Database => _folder["store.db"];

    public void Dispose() => _folder.Dispose();

    private Task<string> Make(string sql) => Child.Run("sqlite3", Database, sql);

    /// <summary>A writer that keeps the database open after its statements.</summary>
    private async Task<Child> Writer(string sql)
    {
        var writer = Child.Start("sqlite3", "-batch", Database);
        await writer.Type(sql + ";\n.print done\n");
        while (await writer.Line() != "done")
        {
        }

        return writer;
    }

    private string[] Names() => [.. Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];

    private static List<string?> Texts(SqliteReader reader, string sql, params string[] parameters) =>
        [.. reader.Query(sql, parameters).Select(row => row.Text(0))];

    private SqliteReader Open()
    {
        var reader = SqliteReader.TryOpen(Database, out var problem);
        Assert.Null(problem);
        return Assert.IsType<SqliteReader>(reader);
    }

    [Fact]
    public async Task Values_of_every_type_are_read()
    {
        await Make("create table t(a, b, c, d); insert into t values('ü€🙂', 9007199254740993, 2.5, null), ('', -1, 1e300, x'00')");
        using var reader = Open();
        Assert.Equal(
            [("ü€🙂", 9007199254740993, 2.5, null), ("", -1, 1e300, "\0")],
            reader.Query("select * from t order by b desc").Select(row => (row.Text(0), row.Int64(1), row.Double(2), row.Text(3))));
        Assert.Null(reader.Query("select null").Single().Int64(0));
        Assert.Null(reader.Query("select 1").Single().Text(7));
        Assert.Equal((12, 12.5, "7"), reader.Query("select '12', '12.5', 7").Select(row => (row.Int64(0), row.Double(1), row.Text(2))).Single());
        Assert.Null(reader.Query("select 'x'").Single().Int64(0));
        Assert.Equal("", reader.Query("select x''").Single().Text(0));
    }

    [Fact]
    public async Task Parameters_are_texts_and_never_sql()
    {
        await Make("create table t(a); insert into t values('x'' or 1'), ('y')");
        using var reader = Open();
        Assert.Equal(["x' or 1"], Texts(reader, "select a from t where a = ?1", "x' or 1"));
        Assert.Equal(["", "ü"], Texts(reader, "select ?1 union all select ?2", "", "ü"));
    }

    [Fact]
    public async Task Strict_tables_are_read()
    {
        await Make("create table t(a text) strict; insert into t values('x')");
        using var reader = Open();
        Assert.Equal(["x"], Texts(reader, "select a from t"));
    }

    [Fact]
    public async Task Closed_wal_database_is_read_and_nothing_appears_beside_it()
    {
        await Make("pragma journal_mode = wal; create table t(a); insert into t values('x')");
        Assert.Equal(["store.db"], Names());
        using (var reader = Open())
        {
            Assert.Equal(["x"], Texts(reader, "select a from t"));
            Assert.Equal(["store.db"], Names());
        }

        Assert.Equal(["store.db"], Names());
    }

    [Fact]
    public async Task Rows_of_a_living_writer_are_read_and_its_side_files_go_with_it()
    {
        await Make("pragma journal_mode = wal; create table t(a)");
        using var writer = await Writer("insert into t values('in the log'); begin; insert into t values('not yet')");
        Assert.Equal(["store.db", "store.db-shm", "store.db-wal"], Names());
        using (var reader = Open())
        {
            Assert.Equal(["in the log"], Texts(reader, "select a from t"));
        }

        Assert.Equal(["store.db", "store.db-shm", "store.db-wal"], Names());
        await writer.Type("commit;\n.quit\n");
        await writer.Exit();
        Assert.Equal(["store.db"], Names());
    }

    [Fact]
    public async Task Rows_of_a_writer_killed_with_9_are_read()
    {
        await Make("pragma journal_mode = wal; create table t(a)");
        using (var writer = await Writer("insert into t values('in the log')"))
        {
            await writer.Kill();
        }

        var before = Names();
        using (var reader = Open())
        {
            Assert.Equal(["in the log"], Texts(reader, "select a from t"));
        }

        Assert.Equal(before, Names());
    }

    [Fact]
    public async Task Log_without_its_index_is_a_problem_and_no_index_is_made()
    {
        await Make("pragma journal_mode = wal; create table t(a)");
        using (var writer = await Writer("insert into t values('in the log')"))
        {
            await writer.Kill();
        }

        File.Delete(Database + "-shm");
        Assert.Null(SqliteReader.TryOpen(Database, out var problem));
        Assert.Contains(Database, problem);
        Assert.Equal(["store.db", "store.db-wal"], Names());
    }

    [Fact]
    public async Task Busy_database_is_a_problem_soon()
    {
        await Make("create table t(a)");
        using var writer = await Writer("pragma cache_size = 1; begin exclusive; with recursive n(i) as (select 1 union all select i + 1 from n where i < 9999) insert into t select i from n");
        Assert.True(NativeFile.Stat(Database + "-journal")!.Value.SizeBytes > 0);
        var (clock, counted) = (Stopwatch.StartNew(), new MachineClock());
        Assert.Null(SqliteReader.TryOpen(Database, out var problem));
        Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(150), TimeSpan.MaxValue);
        Assert.InRange(counted.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Contains("locked", problem);
    }

    [Fact]
    public async Task Database_whose_writer_holds_a_lock_but_wrote_nothing_is_read()
    {
        await Make("create table t(a); insert into t values('x')");
        using var writer = await Writer("begin exclusive");
        using var reader = Open();
        Assert.Equal(["x"], Texts(reader, "select a from t"));
    }

    [Fact]
    public void Absent_database_is_no_problem()
    {
        Assert.Null(SqliteReader.TryOpen(Database, out var problem));
        Assert.Null(problem);
        Assert.Empty(Names());
    }

    [Fact]
    public void File_that_is_no_database_is_a_problem()
    {
        _folder.Write("store.db", string.Concat(Enumerable.Repeat("this is no database\n", 100)));
        Assert.Null(SqliteReader.TryOpen(Database, out var problem));
        Assert.Contains("not a database", problem);
    }

    [Fact]
    public void Empty_file_is_an_empty_database()
    {
        _folder.Write("store.db", "");
        using var reader = Open();
        Assert.Empty(reader.Columns("t"));
    }

    [Fact]
    public async Task Database_cut_short_is_an_error_and_no_crash()
    {
        await Make("create table t(a); with recursive n(i) as (select 1 union all select i + 1 from n where i < 9999) insert into t select hex(randomblob(99)) from n");
        using (var file = File.OpenWrite(Database))
        {
            file.SetLength(file.Length / 2);
        }

        using var reader = SqliteReader.TryOpen(Database, out var problem);
        if (reader is not null)
        {
            problem = Assert.Throws<IOException>(() => Texts(reader, "select a from t")).Message;
        }

        Assert.Contains("malformed", problem);
    }

    [Fact]
    public async Task Schema_can_be_asked_before_it_is_relied_on()
    {
        await Make("create table t(id, title); create view v as select id from t");
        using var reader = Open();
        Assert.Equal(new HashSet<string> { "id", "title" }, reader.Columns("t"));
        Assert.Equal(new HashSet<string> { "id" }, reader.Columns("v"));
        Assert.Empty(reader.Columns("absent"));
        Assert.Contains("no such column", Assert.Throws<IOException>(() => Texts(reader, "select cost from t")).Message);
        Assert.Contains("no such table", Assert.Throws<IOException>(() => Texts(reader, "select id from absent")).Message);
    }

    [Fact]
    public async Task Nothing_can_be_written()
    {
        await Make("create table t(a)");
        using var reader = Open();
        Assert.Throws<IOException>(() => Texts(reader, "insert into t values(1)"));
        Assert.Throws<IOException>(() => Texts(reader, "create table u(a)"));
    }

    [Theory]
    [InlineData("a b.db")]
    [InlineData("a?mode=rwc.db")]
    [InlineData("a#b.db")]
    [InlineData("100%41.db")]
    [InlineData("ü.db")]
    public async Task Path_is_taken_as_it_is(string name)
    {
        await Child.Run("sqlite3", _folder["plain"], "create table t(a); insert into t values('x')");
        File.Move(_folder["plain"], _folder[name]);
        using var reader = SqliteReader.TryOpen(_folder[name], out var problem);
        Assert.Null(problem);
        Assert.Equal(["x"], Texts(reader!, "select a from t"));
        Assert.Equal([name], Names());
    }

    [Fact]
    public async Task Query_left_early_holds_nothing()
    {
        await Make("create table t(a); insert into t values(1), (2), (3)");
        using var reader = Open();
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(1, reader.Query("select a from t").First().Int64(0));
        }

        reader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => reader.Query("select 1").Any());
        Assert.DoesNotContain(ProcessTable.Take().Find(Environment.ProcessId)!.OpenFiles!, file => file.Path == Database);
    }

    private const string Endless = "create view t as with recursive n(i) as (select 1 union all select i + 1 from n) select i from n";

    [Fact]
    public async Task An_endless_view_costs_a_bounded_reading()
    {
        await Make(Endless);
        using var reader = SqliteReader.TryOpen(Database, 2_000_000, out var problem, TestContext.Current.CancellationToken);
        Assert.Null(problem);

        var failure = Assert.Throws<IOException>(() => reader!.Query("select i from t where i < 0").Count());

        Assert.Contains("take more work to read", failure.Message, StringComparison.Ordinal);
        Assert.Contains(Database, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_reading_interrupts_the_query_in_progress()
    {
        await Make(Endless);
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var reader = SqliteReader.TryOpen(Database, long.MaxValue, out var problem, cancelled.Token);
        Assert.Null(problem);

        var reading = Task.Run(() => reader!.Query("select i from t where i < 0").Count(), TestContext.Current.CancellationToken);
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("select zeroblob(800 * 1024 * 1024) as i")]
    [InlineData("with recursive n(i) as (select randomblob(1000) union all select randomblob(1000) from n) select i from n order by i")]
    public async Task A_view_that_makes_large_values_does_not_fill_the_memory(string view)
    {
        await Make($"create view t as {view}");
        var before = Environment.WorkingSet;
        using var reader = Open();

        Assert.Throws<IOException>(() => reader.Query("select i from t").Count());

        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 140L << 20);
    }

    [Fact]
    public async Task A_value_longer_than_any_record_costs_its_row_only()
    {
        await Make("create table t(k, v); insert into t values('a', zeroblob(9 * 1024 * 1024)), ('b', 'x')");
        using var reader = Open();

        Assert.Equal(["a", "b"], Texts(reader, "select k from t order by k"));
        Assert.Throws<IOException>(() => Texts(reader, "select v from t where k = 'a'"));
        Assert.Equal(["x"], Texts(reader, "select v from t where k = 'b'"));
    }
}
