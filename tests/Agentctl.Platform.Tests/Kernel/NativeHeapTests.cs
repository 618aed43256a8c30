using System.Globalization;
using System.Runtime.InteropServices;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class NativeHeapTests
{
    private const int Blocks = 1000;

    /// <summary>Below what the C library would map, and unmap, by itself.</summary>
    private const int BlockBytes = 64 * 1024;

    /// <summary>What is freed below a block that is still used stays with the process until it is asked to give it back.</summary>
    [Fact]
    public void Freed_memory_goes_back_to_the_system()
    {
        var zeros = new byte[BlockBytes];
        var blocks = new nint[Blocks];
        for (var i = 0; i < Blocks; i++)
        {
            blocks[i] = Marshal.AllocHGlobal(BlockBytes);
            Marshal.Copy(zeros, 0, blocks[i], BlockBytes);
        }

        for (var i = 0; i < Blocks - 1; i++)
        {
            Marshal.FreeHGlobal(blocks[i]);
        }

        var before = ResidentKb();
        NativeHeap.GiveBack();
        var after = ResidentKb();
        Marshal.FreeHGlobal(blocks[^1]);
        Assert.True(before - after > Blocks * BlockBytes / 1024 / 2, $"{before} kB before, {after} kB after");
    }

    private static long ResidentKb() => long.Parse(
        File.ReadLines("/proc/self/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
