using Xunit;

namespace Agentctl.Testing;

/// <summary>
/// Compares text with a file kept beside the tests. AGENTCTL_UPDATE_GOLDEN=1 writes what came out instead; the change is then
/// read in the diff and its reason stands in the commit.
/// </summary>
public static class GoldenFile
{
    /// <param name="path">Relative to the root of the repository.</param>
    public static void Matches(string path, string actual)
    {
        var file = Path.Combine(Repository.Root, path);
        if (Environment.GetEnvironmentVariable("AGENTCTL_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, actual);
            return;
        }

        Assert.True(File.Exists(file), $"{path} does not exist; AGENTCTL_UPDATE_GOLDEN=1 writes it");
        Assert.Equal(File.ReadAllText(file), actual);
    }
}
