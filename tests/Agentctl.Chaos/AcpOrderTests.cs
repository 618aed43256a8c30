using System.Net;
using System.Text;
using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>What a caller can order beyond a plain prompt.</summary>
public sealed class AcpOrderTests : AcpWorld
{
    [Fact]
    public async Task Mode_of_a_prompt_is_set_before_it_and_one_that_the_agent_does_not_have_stops_it()
    {
        await StartedDaemon();
        var id = await NewSession(Served);
        var (status, answer) = await Post($$"""{ "session": "{{id}}", "text": "echo one", "mode": "code" }""");
        Assert.Equal((HttpStatusCode.OK, "completed"), (status, Last(answer).GetProperty("result").GetProperty("status").GetString()));
        Assert.Equal(["set_mode code", "prompt echo one"], Logged().Where(static line => line.StartsWith("set_mode", StringComparison.Ordinal) || line.StartsWith("prompt", StringComparison.Ordinal)));

        (status, answer) = await Post($$"""{ "session": "{{id}}", "text": "echo two", "mode": "no-such" }""");
        Assert.NotEqual(HttpStatusCode.OK, status);
        Assert.Contains("no-such", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("prompt echo two", Logged());
    }

    /// <summary>An id is one prompt's, however much of it is equal to another's.</summary>
    [Fact]
    public async Task Prompts_whose_ids_begin_alike_are_two()
    {
        await StartedDaemon();
        var id = await NewSession(Served);
        foreach (var last in (string[])["b", "c", "b"])
        {
            var (_, answer) = await Post($$"""{ "id": "0123456789a{{last}}", "session": "{{id}}", "text": "echo {{last}}" }""");
            Assert.Equal((last, $"{id}.0123456789a{last}"), (Last(answer).GetProperty("result").GetProperty("text").GetString(), Last(answer).GetProperty("requestId").GetString()));
        }

        Assert.Equal(["prompt echo b", "prompt echo c"], Logged().Where(static line => line.StartsWith("prompt", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Model_is_set_through_the_option_of_an_agent_that_has_no_other_way()
    {
        await StartedDaemon();
        var id = await NewSession(Served);
        Assert.Equal(0, (await Served.Run("sessions", "set", id, "model", "m2")).ExitCode);

        // The next daemon was not told what the agent offers.
        await NextDaemon();
        Assert.Equal(0, (await Served.Run("sessions", "set", id, "model", "m1")).ExitCode);
        Assert.Equal(["set_option model=m2", "set_option model=m1"], Logged().Where(static line => line.StartsWith("set_", StringComparison.Ordinal)));
        var wrong = await Served.Run("sessions", "set", id, "model", "no-such");
        Assert.NotEqual(0, wrong.ExitCode);
        Assert.Contains("no-such", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_shot_whose_prompt_is_refused_gives_its_slot_back_at_once()
    {
        Configure("\"max_concurrent\": 1");
        var refused = await In(Served, "exec", "-a", "good", """[{"type":"text","text":"echo seen"},{"type":"image","mimeType":"image/png","data":"iVBORw0KGgo="}]""");
        Assert.Equal(2, refused.ExitCode);
        var clock = new MachineClock();
        await NothingLeft();

        // Its agent would wait half a minute for its first prompt.
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.Equal("next\n", (await In(Served, "exec", "--format", "quiet", "echo next")).Output);
    }

    /// <summary>It changes nothing: the next daemon ends that agent.</summary>
    [Fact]
    public async Task List_of_sessions_ends_no_agent_whose_shim_was_killed()
    {
        await NewSession(Served, "-a", "deaf");
        var agent = Agent();
        var shim = Shim();
        await KillDaemon();
        await Kill(shim);
        Assert.Equal(0, (await Alone.Run("sessions", "list", "--all")).ExitCode);
        Assert.NotNull(agent.Now());
        await StartedDaemon();
        await NothingLeft();
    }

    private async Task<(HttpStatusCode Status, string Body)> Post(string prompt)
    {
        using var daemon = Connect();
        using var body = new StringContent(prompt, Encoding.UTF8, "application/json");
        using var answer = await daemon.PostAsync("http://agentctl/v1/acp/prompts", body, TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static JsonElement Last(string events) => JsonDocument.Parse(events.TrimEnd().Split('\n')[^1]).RootElement;
}
