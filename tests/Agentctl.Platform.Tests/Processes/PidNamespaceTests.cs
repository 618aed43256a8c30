using System.Text.RegularExpressions;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed partial class PidNamespaceTests
{
    private static string[] InOwnNamespace(bool withOwnProc, params string[] command)
    {
        string[] user = Environment.UserName == "root" ? [] : ["--user", "--map-root-user"];
        string[] mount = withOwnProc ? ["--mount-proc"] : [];
        // sh is the namespace's first process, so that ours is an ordinary one.
        return [Requirement.Program("unshare"), .. user, "--pid", "--fork", "--kill-child", .. mount, "sh", "-c", "\"$@\"; exit $?", "sh", .. command];
    }

    [Fact]
    public async Task Reused_pid_is_another_process() =>
        Assert.StartsWith("pid ", await Child.Run(InOwnNamespace(withOwnProc: true, Probe.Command("pid-reuse"))));

    [Fact]
    public async Task Namespace_number_is_that_of_the_reader_and_of_the_process()
    {
        using var inside = Child.Start(InOwnNamespace(withOwnProc: true, "sh", "-c", "readlink /proc/self/ns/pid; read line"));
        var number = ulong.Parse(Digits().Match(await inside.Line()).Value);
        var here = ProcessTable.Take();
        Assert.NotEqual(number, here.PidNamespace);
        Assert.Contains(here.All, entry => entry.PidNamespace == number && entry.Identity.PidNamespace == here.PidNamespace);
    }

    [Fact]
    public async Task Proc_of_another_namespace_is_not_believed()
    {
        using var child = Child.Start(InOwnNamespace(withOwnProc: false, Probe.Command("take")));
        Assert.NotEqual(0, await child.Exit());
        Assert.Contains("CannotLookException", await child.Errors());
        Assert.Contains("another pid namespace", await child.Errors());
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}
