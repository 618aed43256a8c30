using System.Text;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Sessions.Tests;

/// <summary>Our own records of ACP sessions as foreign input: a damaged one costs that session and names itself.</summary>
public sealed class AcpRecordsTests : IDisposable
{
    private const string Whole = """{"id":"0k3n8v4w2r7p","agent":"a","adapter":"a","cwd":"/p","mode":"persistent","createdAt":"2026-11-30T00:00:00Z"}""";

    private readonly string home = Directory.CreateTempSubdirectory("acp-").FullName;

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\0\0\0\0")]
    [InlineData("""{"id":"0k3n8v4w2r7p","agent":null,"adapter":"a","cwd":"/p","mode":"persistent","createdAt":"2026-11-30T00:00:00Z"}""")]
    [InlineData("""{"id":"0k3n8v4w2r7p","agent":"a","adapter":"a","cwd":null,"mode":"persistent","createdAt":"2026-11-30T00:00:00Z"}""")]
    [InlineData("""{"id":"0k3n8v4w2r7p","agent":"a","adapter":"a","cwd":"../x","mode":"persistent","createdAt":"2026-11-30T00:00:00Z"}""")]
    [InlineData("""{"id":"0k3n8v4w2r7p","agent":"a","adapter":"a","cwd":"/p\u0000","mode":"persistent","createdAt":"2026-11-30T00:00:00Z"}""")]
    [InlineData("""{"id":"0k3n8v4w2r7p","agent":"a","adapter":"a","cwd":"/p","mode":"persistent","createdAt":"never"}""")]
    [InlineData("""{"id":"0k3n8v4w2r7p","agent":"\ud800","adapter":"a","cwd":"/p","mode":"persistent","createdAt":"2026-11-30T00:00:00Z"}""")]
    [InlineData("""{"id":"0k3n8v4w2r7p","agent":"a","adapter":"a","cwd":"/p","mode":"persistent","createdAt":"2026-11-30T00:00:00Z","ttlSeconds":"long"}""")]
    public void Damaged_record_is_named_and_the_others_are_read(string json)
    {
        Put("0k3n8v4w2r7p", Encoding.UTF8.GetBytes(json));
        Put("1k3n8v4w2r7p", Encoding.UTF8.GetBytes(Whole));
        var problems = new List<string>();

        Assert.Equal("1k3n8v4w2r7p", Assert.Single(Store.All(problems)).Id);
        Assert.Contains("0k3n8v4w2r7p/session.json", Assert.Single(problems), StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => Store.Find("0k3n8v4w2r7p"));
        Assert.Null(Store.FindReadable("0k3n8v4w2r7p"));
    }

    [Fact]
    public void Bytes_that_are_no_text_damage_one_record()
    {
        var json = Encoding.UTF8.GetBytes(Whole);
        json[Whole.IndexOf("\"a\"", StringComparison.Ordinal) + 1] = 0xE9;
        Put("0k3n8v4w2r7p", json);
        Assert.Throws<InvalidDataException>(() => Store.Find("0k3n8v4w2r7p"));
    }

    /// <summary>What the folder is called is the id: what a record says of itself is never used as a path.</summary>
    [Fact]
    public void Members_that_are_null_or_odd_are_as_if_never_set()
    {
        Put("1k3n8v4w2r7p", Encoding.UTF8.GetBytes(Whole.Replace("}", """
            ,"id":"../../x","launchId":"../../y","sessionId":"a\nb","options":null,"earlierSessionIds":[null,"e"],"availableModels":null,"additionalDirectories":["relative","/q"],
            "policy":{"mode":"approve-everything","whenAsked":"ask","autoApprove":["*"],"autoDeny":[null,"edit"],"always":["execute"],"default":"approve"}}
            """, StringComparison.Ordinal)));
        var record = Store.Find("1k3n8v4w2r7p")!;
        Assert.Equal(("1k3n8v4w2r7p", null, null), (record.Id, record.LaunchId, record.SessionId));
        Assert.Empty(record.Options);
        Assert.Empty(record.AvailableModels);
        Assert.Equal(["e"], record.EarlierSessionIds);
        Assert.Equal(["/q"], record.AdditionalDirectories);

        // A policy that cannot be understood permits nothing.
        Assert.Equal((AcpPolicy.DenyAll, AcpPolicy.Deny, "deny"), (record.Policy.Mode, record.Policy.WhenAsked, record.Policy.Default));
        Assert.Empty(record.Policy.AutoApprove);
        Assert.Empty(record.Policy.Always);
        Assert.Equal(["edit"], record.Policy.AutoDeny);
    }

    [Fact]
    public void Record_without_a_policy_has_the_usual_one()
    {
        Put("1k3n8v4w2r7p", Encoding.UTF8.GetBytes(Whole));
        Assert.Equal(AcpPolicy.ApproveReads, Store.Find("1k3n8v4w2r7p")!.Policy.Mode);
    }

    [Fact]
    public void Scope_that_names_a_damaged_record_names_no_session()
    {
        var record = new AcpRecord { Id = "0k3n8v4w2r7p", Agent = "a", Adapter = "a", Cwd = "/p", Mode = AcpModes.Persistent, CreatedAt = DateTimeOffset.UnixEpoch };
        Store.Create(record);
        Assert.Equal(record.Id, Store.OfScope("a", "/p", null)?.Id);
        Put(record.Id, "torn"u8.ToArray());
        Assert.Null(Store.OfScope("a", "/p", null));
    }

    private AcpStore Store => new(new LaunchPlaces(home));

    private void Put(string id, byte[] json)
    {
        var folder = Path.Combine(new LaunchPlaces(home).Conversations, id);
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "session.json"), json);
    }
}
