using System.Text.Json;
using Agentctl.Acp;
using Xunit;

namespace Agentctl.Sessions.Tests;

public sealed class AcpPolicyTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("acp-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("approve-all", "execute", "make", PolicyVerdict.Allow)]
    [InlineData("deny-all", "read", "in", PolicyVerdict.Deny)]
    [InlineData("approve-reads", "read", "in", PolicyVerdict.Allow)]
    [InlineData("approve-reads", "read", "/etc/passwd", PolicyVerdict.Ask)]
    [InlineData("approve-reads", "read", null, PolicyVerdict.Ask)]
    [InlineData("approve-reads", "search", null, PolicyVerdict.Allow)]
    [InlineData("approve-reads", "edit", "in", PolicyVerdict.Ask)]
    [InlineData("approve-reads", "_own", "in", PolicyVerdict.Ask)]
    public void Mode_decides_what_no_rule_names(string mode, string kind, string? path, PolicyVerdict verdict)
    {
        File.WriteAllText(Path.Combine(folder, "in"), "");
        var where = path is null ? null : new[] { new ToolCallLocation(path == "in" ? Path.Combine(folder, "in") : path) };
        Assert.Equal(verdict, new AcpPolicy { Mode = mode }.Decide(new ToolCallUpdate { ToolCallId = "c", Kind = kind, Title = "read everything", Locations = where }, [folder]));
    }

    [Fact]
    public void Deny_comes_before_approve_before_escalate_before_the_default()
    {
        var policy = new AcpPolicy { Mode = "approve-all", AutoDeny = ["EXECUTE"], AutoApprove = ["execute", "fetch"], Escalate = ["fetch", "edit"], Default = "deny" };
        PolicyVerdict Of(string kind) => policy.Decide(new ToolCallUpdate { ToolCallId = "c", Kind = kind }, []);
        Assert.Equal((PolicyVerdict.Deny, PolicyVerdict.Allow, PolicyVerdict.Ask, PolicyVerdict.Deny), (Of("execute"), Of("fetch"), Of("edit"), Of("move")));
    }

    [Theory]
    [InlineData("execute", null, "read", false)]
    [InlineData("execute", null, "read the docs; rm -rf /", false)]
    [InlineData("delete", null, "x", false)]
    [InlineData("execute", "read", "x", false)]
    [InlineData("READ", null, "x", false)]
    [InlineData(null, "read", "read", false)]
    [InlineData("read", null, "rm -rf /", true)]
    [InlineData("execute", "Fetch_Page", "x", true)]
    [InlineData("execute", "fetch_page", "x", false)]
    [InlineData("execute", "Fetch_Page ", "x", false)]
    [InlineData("other", null, "Fetch_Page", false)]
    [InlineData("*", "*", "*", false)]
    public void Approval_goes_by_kind_and_exact_name_and_never_by_words_of_the_agent(string? kind, string? name, string title, bool isAllowed)
    {
        var tool = new ToolCallUpdate { ToolCallId = "read", Kind = kind, Name = name, Title = title, RawInput = JsonDocument.Parse("""{"name":"read","tool":"read","toolName":"Fetch_Page"}""").RootElement };
        Assert.Equal(isAllowed ? PolicyVerdict.Allow : PolicyVerdict.Ask, new AcpPolicy { AutoApprove = ["read", "Fetch_Page"] }.Decide(tool, [folder]));
        Assert.Equal(isAllowed ? PolicyVerdict.Allow : PolicyVerdict.Ask, new AcpPolicy { Always = ["read", "Fetch_Page"] }.Decide(tool, [folder]));
    }

    /// <summary>What a person allows for good is this tool or this kind, whatever the agent calls it.</summary>
    [Theory]
    [InlineData("execute", "Bash", "Bash")]
    [InlineData("execute", null, "execute")]
    [InlineData("read", "execute", "read")]
    [InlineData("read", "*", "read")]
    [InlineData(null, null, "other")]
    public void Always_names_the_tool_or_its_kind(string? kind, string? name, string rule)
    {
        var tool = new ToolCallUpdate { ToolCallId = "c", Kind = kind, Name = name, Title = "harmless" };
        Assert.Equal(rule, AcpPolicy.NameOf(tool));
        var policy = new AcpPolicy { Always = [AcpPolicy.NameOf(tool)] };
        Assert.Equal(PolicyVerdict.Allow, policy.Decide(tool, []));
        Assert.Equal(PolicyVerdict.Ask, policy.Decide(new ToolCallUpdate { ToolCallId = "c", Kind = "delete" }, []));
    }

    [Fact]
    public void A_rule_that_restricts_ignores_case_and_takes_a_name_for_a_kind()
    {
        var policy = new AcpPolicy { Mode = "approve-all", AutoDeny = ["bash", "Execute"] };
        PolicyVerdict Of(string? kind, string? name) => policy.Decide(new ToolCallUpdate { ToolCallId = "c", Kind = kind, Name = name, Title = "bash execute" }, []);
        Assert.Equal(
            (PolicyVerdict.Deny, PolicyVerdict.Deny, PolicyVerdict.Deny, PolicyVerdict.Allow),
            (Of("execute", null), Of("other", "Bash"), Of(null, "EXECUTE"), Of("edit", null)));
    }

    [Theory]
    [InlineData(true, false, "ao")]
    [InlineData(true, true, "aa")]
    [InlineData(false, false, "ro")]
    public void Options_are_chosen_by_kind(bool allow, bool always, string id) => Assert.Equal(id, AcpPolicy.Choose(
        [new("aa", "No", PermissionKinds.AllowAlways), new("ao", "No", PermissionKinds.AllowOnce), new("ro", "Yes", PermissionKinds.RejectOnce)], allow, always, []));

    [Fact]
    public void What_cannot_be_chosen_is_cancelled() => Assert.Null(AcpPolicy.Choose([new("x", "Allow", "_other")], allow: true, always: false, []));

    [Fact]
    public void An_agents_own_refusal_comes_first() =>
        Assert.Equal("decline", AcpPolicy.Choose([new("r", "No", PermissionKinds.RejectOnce), new("decline", "Decline", "_own")], allow: false, always: false, ["decline"]));

    [Fact]
    public void A_journal_drops_what_is_torn_and_goes_on_behind_what_is_whole()
    {
        var path = Path.Combine(folder, "journal");
        using (var journal = AcpJournal.Open(path))
        {
            journal.Append(new JournalEntry { Kind = JournalKinds.Prompt, At = DateTimeOffset.UnixEpoch, Request = "one" }, durable: true);
            journal.Append(new JournalEntry { Kind = JournalKinds.Prompt, At = DateTimeOffset.UnixEpoch, Request = "two" }, durable: false);
        }

        var whole = File.ReadAllBytes(path);
        for (var length = whole.Length - 1; length > 0; length -= 7)
        {
            File.WriteAllBytes(path, whole[..length]);
            var before = AcpJournal.Read(path, 0).Select(static one => one.Entry.Request).ToList();
            Assert.True(before is [] or ["one"]);
            using (var journal = AcpJournal.Open(path))
            {
                journal.Append(new JournalEntry { Kind = JournalKinds.End, At = DateTimeOffset.UnixEpoch, Request = "next" }, durable: false);
            }

            Assert.Equal([.. before, "next"], AcpJournal.Read(path, 0).Select(static one => one.Entry.Request));
        }

        // A flipped bit costs the entry that it is in, and no other.
        whole[20] ^= 1;
        File.WriteAllBytes(path, whole);
        var damaged = new List<long>();
        Assert.Equal(["two"], AcpJournal.Read(path, 0, damaged.Add).Select(static one => one.Entry.Request));
        Assert.Equal([0L], damaged);
        using (AcpJournal.Open(path))
        {
            // Whoever drives the session next keeps what is whole.
        }

        Assert.Equal(whole.Length, new FileInfo(path).Length);
    }
}
