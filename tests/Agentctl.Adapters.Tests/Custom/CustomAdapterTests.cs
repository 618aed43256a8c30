using System.Text;
using Agentctl.Adapters.Custom;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Adapters.Tests.Custom;

public sealed class CustomAdapterTests : IDisposable
{
    private readonly ProgramFolder programs = new("mine");

    [Fact]
    public void Templates_are_filled_and_a_prompt_is_never_taken_for_one()
    {
        var plan = Planned(Agent(["mine", "--id", "{session_id}", "--in={cwd}", "{prompt}"]), new LaunchWish { Prompt = "say {model} and {session_id}", Cwd = "/work" });
        Assert.Equal(["--id", plan.SessionId!, "--in=/work", "say {model} and {session_id}"], plan.Arguments);
        Assert.Equal(programs.Of("mine"), plan.Program);
    }

    [Fact]
    public void Model_and_the_option_before_it_are_left_out_when_none_is_asked_for()
    {
        var agent = Agent(["mine", "-v", "--model", "{model}", "--also={model}", "{prompt}"]);
        Assert.Equal(["-v", "hello"], Planned(agent, new LaunchWish { Prompt = "hello", Cwd = "/" }).Arguments);
        Assert.Equal(["-v", "--model", "big", "--also=big", "hello"], Planned(agent, new LaunchWish { Prompt = "hello", Cwd = "/", Model = "big" }).Arguments);
    }

    [Theory]
    [InlineData("Session: abc-1.2:3_4", "abc-1.2:3_4")]
    [InlineData("started Session: abc, yes", "abc")]
    [InlineData("Session: ", null)]
    [InlineData("session: abc", null)]
    public void Id_is_found_by_its_template(string line, string? id) =>
        Assert.Equal(id, new CustomAdapter(Agent(["mine", "{prompt}"])).SessionIdIn(Encoding.UTF8.GetBytes(line)));

    [Theory]
    [InlineData("""{"a":1,"session":"x-1"}""", "x-1")]
    [InlineData("""{"a":{"session":"not at the top"}}""", null)]
    [InlineData("no json", null)]
    public void W19_id_is_found_by_its_key(string line, string? id) =>
        Assert.Equal(id, new CustomAdapter(Agent(["mine", "{prompt}"]) with { IdTemplate = null, IdKey = "session" }).SessionIdIn(Encoding.UTF8.GetBytes(line)));

    [Fact]
    public void What_it_does_not_declare_it_refuses()
    {
        var adapter = new CustomAdapter(Agent(["mine", "{prompt}"]));
        foreach (var wish in (LaunchWish[])[Wish with { Resumes = "x" }, Wish with { KeepOpen = true }, Wish with { PermissionMode = "plan" }])
        {
            Assert.True(Assert.IsType<PlanOutcome.Refused>(adapter.Plan(wish, programs.Environment())).IsUsage);
        }

        Assert.False(Assert.IsType<PlanOutcome.Refused>(new CustomAdapter(Agent(["missing", "{prompt}"])).Plan(Wish, programs.Environment())).IsUsage);
    }

    [Fact]
    public async Task Diagnosis_finds_the_program_on_PATH_or_says_that_it_is_missing()
    {
        var found = await new CustomAdapter(Agent(["mine", "{prompt}"]), programs.Environment()).Diagnose(TestContext.Current.CancellationToken);
        Assert.EndsWith("/mine", found.Program, StringComparison.Ordinal);
        Assert.Empty(found.Problems);

        var missing = await new CustomAdapter(Agent(["missing", "{prompt}"]), programs.Environment()).Diagnose(TestContext.Current.CancellationToken);
        Assert.Null(missing.Program);
        Assert.Equal(["its program missing was not found on PATH"], missing.Problems);
    }

    public void Dispose() => programs.Dispose();

    private static LaunchWish Wish => new() { Prompt = "x", Cwd = "/" };

    private static CustomAgent Agent(string[] launch) => new("mine", launch, null, null, StdinMode.None, PoliteSignal.Terminate, "Session: {id}", null);

    private LaunchPlan Planned(CustomAgent agent, LaunchWish wish) => Assert.IsType<PlanOutcome.Planned>(new CustomAdapter(agent).Plan(wish, programs.Environment())).Plan;
}
