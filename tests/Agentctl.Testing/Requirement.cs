using Xunit;

namespace Agentctl.Testing;

/// <summary>
/// Something a test needs from the machine. Its absence is a failure, because a suite that silently tests nothing is green for
/// ever; with AGENTCTL_TEST_OPTIONAL=1 it is a skip that says why.
/// </summary>
public static class Requirement
{
    public static void That(bool isThere, string whatIsMissing)
    {
        if (!isThere)
        {
            Missing(whatIsMissing);
        }
    }

    public static string File(string path, string what)
    {
        That(System.IO.File.Exists(path), $"{what} is not there ({path}); ./test installs it");
        return path;
    }

    /// <summary>The full path of a program.</summary>
    public static string Program(string name)
    {
        var found = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".Split(':')
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(System.IO.File.Exists);
        That(found is not null, $"the program {name} is not there; ./test installs it");
        return found!;
    }

    private static void Missing(string what)
    {
        if (Environment.GetEnvironmentVariable("AGENTCTL_TEST_OPTIONAL") == "1")
        {
            Assert.Skip(what);
        }

        Assert.Fail(what + " (AGENTCTL_TEST_OPTIONAL=1 would skip)");
    }
}
