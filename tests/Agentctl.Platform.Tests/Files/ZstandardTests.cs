using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class ZstandardTests
{
    private static async Task<(byte[] Content, string Path)> Compressed(TemporaryFolder folder, int bytes)
    {
        var content = new byte[bytes];
        // Half noise, half text: neither packs to nothing nor not at all.
        new Random(7).NextBytes(content.AsSpan(0, bytes / 2));
        File.WriteAllBytes(folder["plain"], content);
        await Child.Run("zstd", "-q", folder["plain"], "-o", folder["packed.zst"]);
        return (content, folder["packed.zst"]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(128 * 1024)]
    [InlineData(3_000_000)]
    public async Task Content_comes_back(int bytes)
    {
        using var folder = new TemporaryFolder();
        var (content, path) = await Compressed(folder, bytes);
        Assert.True(Zstandard.IsAvailable);
        Assert.Equal(content, Zstandard.Decompress(path, bytes));
    }

    [Fact]
    public async Task Two_frames_after_one_another_are_one_content()
    {
        using var folder = new TemporaryFolder();
        var (content, path) = await Compressed(folder, 5_000);
        var packed = File.ReadAllBytes(path);
        File.WriteAllBytes(path, [.. packed, .. packed]);
        Assert.Equal([.. content, .. content], Zstandard.Decompress(path, 10_000));
    }

    [Fact]
    public async Task More_than_the_limit_is_refused()
    {
        using var folder = new TemporaryFolder();
        var (_, path) = await Compressed(folder, 3_000_000);
        Assert.Contains("holds more than", Assert.Throws<InvalidDataException>(() => Zstandard.Decompress(path, 2_999_999)).Message);
    }

    [Fact]
    public async Task File_cut_short_or_of_another_kind_is_refused()
    {
        using var folder = new TemporaryFolder();
        var (_, path) = await Compressed(folder, 3_000_000);
        File.WriteAllBytes(folder["cut"], File.ReadAllBytes(path)[..^9]);
        Assert.Contains("middle of a frame", Assert.Throws<InvalidDataException>(() => Zstandard.Decompress(folder["cut"], 9_000_000)).Message);
        Assert.Contains("not a zstd file", Assert.Throws<InvalidDataException>(() => Zstandard.Decompress(folder["plain"], 9_000_000)).Message);
        Assert.Throws<InvalidDataException>(() => Zstandard.Decompress(folder.Write("empty", ""), 9));
        Assert.Throws<FileNotFoundException>(() => Zstandard.Decompress(folder["absent"], 9));
    }
}
