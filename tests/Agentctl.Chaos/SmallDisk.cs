using Agentctl.Testing;

namespace Agentctl.Chaos;

/// <summary>A file system of two megabytes in memory, to be full when a test wants it so.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly Sandbox sandbox;

    private SmallDisk(Sandbox sandbox, string path)
    {
        this.sandbox = sandbox;
        Path = path;
    }

    public string Path { get; }

    public static async Task<SmallDisk> Mount(Sandbox sandbox, string path)
    {
        Directory.CreateDirectory(path);
        var mounted = await sandbox.Run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "agentctl-test", path]);
        return mounted.ExitCode == 0 ? new SmallDisk(sandbox, path) : throw new InvalidOperationException($"cannot mount a small disk: {mounted.Error}");
    }

    public async ValueTask DisposeAsync() => await sandbox.Run(["umount", "-l", Path]);
}
