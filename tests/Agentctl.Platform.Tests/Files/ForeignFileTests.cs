using Xunit;

namespace Agentctl.Platform.Tests;

/// <summary>Other tools lock their files; reading must neither take such a lock nor be stopped by one.</summary>
public sealed class ForeignFileTests
{
    private static readonly string Content = string.Concat(Enumerable.Repeat("{\"line\":1}\n", 20_000));

    private static Task<string> LockNow(string path) => Child.Run("flock", "-x", "-n", path, "true");

    [Fact]
    public async Task Other_process_gets_its_lock_while_lines_are_being_read()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x.jsonl", Content);
        foreach (var lines in (IEnumerable<JsonLine>[])[JsonLines.Forward(path), JsonLines.Backward(path), JsonLines.Head(path, 100_000)])
        {
            using var reading = lines.GetEnumerator();
            Assert.True(reading.MoveNext());
            await LockNow(path);
            Assert.True(reading.MoveNext());
        }
    }

    [Fact]
    public async Task Other_process_gets_its_lock_while_a_file_of_dotnet_is_open()
    {
        // The switch System.IO.DisableFileLocking must have reached this program.
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", "y");
        using var open = File.OpenRead(path);
        Assert.Equal('y', open.ReadByte());
        await LockNow(path);
    }

    [Fact]
    public async Task Other_process_gets_its_lock_while_a_database_is_open()
    {
        using var folder = new TemporaryFolder();
        await Child.Run("sqlite3", folder["db"], "create table t(a)");
        using var reader = SqliteReader.TryOpen(folder["db"], out _);
        await LockNow(folder["db"]);
        Assert.Empty(reader!.Query("select * from t"));
        // Nor a POSIX lock, which SQLite itself would respect.
        await Child.Run("sqlite3", folder["db"], "begin exclusive; insert into t values(1); commit");
    }

    [Fact]
    public async Task Locked_file_is_read()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x.jsonl", Content);
        using var holder = Child.Start("flock", "-x", path, "sh", "-c", "echo held; read line");
        await holder.Line();
        Assert.Equal(20_000, JsonLines.Forward(path).Count());
        Assert.Equal(20_000, JsonLines.Backward(path).Count());
        Assert.Equal(Content.Length, NativeFile.ReadSmall(path, 1_000_000)!.Length);
        Assert.Equal(Content.Length, NativeFile.Stat(path)!.Value.SizeBytes);
    }
}
