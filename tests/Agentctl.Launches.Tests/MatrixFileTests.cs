using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Agentctl.Launches.Tests;

public sealed class MatrixFileTests
{
    [Fact]
    public void Lists_of_any_key_stand_for_one_launch_each()
    {
        var plan = Read("""
            prompt: Fix it
            cwd: ~/shop
            hooks: { on_create: make, on_complete: make test }
            matrix:
              - adapter: [claude-code, codex]
                model: [a, b, c]
                base_branch: main
              - adapter: pi
                prompt: [one, two]
                baseBranch: dev
                thinking: high
            """);

        Assert.Equal(("Fix it", "~/shop", "make", "make test"), (plan.Prompt, plan.Cwd, plan.OnCreate, plan.OnComplete));
        Assert.Equal(
            ["claude-code a", "claude-code b", "claude-code c", "codex a", "codex b", "codex c", "pi ", "pi "],
            plan.Entries.Select(entry => $"{entry.Adapter} {entry.Model}"));
        Assert.Equal(["main", "dev"], plan.Entries.Select(entry => entry.BaseBranch!).Distinct());
        Assert.Equal(["one", "two"], plan.Entries.Skip(6).Select(entry => entry.Prompt));
        Assert.All(plan.Entries.Skip(6), entry => Assert.Equal(("high", 1), (entry.Thinking, entry.Index)));
    }

    [Theory]
    [InlineData("[", "")]
    [InlineData("{a: ", "")]
    [InlineData("- ", "x")]
    [InlineData("? ", "x")]
    public void Deep_nesting_is_refused_with_its_line(string opening, string end)
    {
        var wrong = Assert.IsType<MatrixOutcome.Wrong>(MatrixFile.Parse("deep.yaml", "prompt: x\nmatrix:\n  " + string.Concat(Enumerable.Repeat(opening, 100_000)) + end));
        Assert.StartsWith("Failed to parse matrix file: deep.yaml:3: ", wrong.Problem, StringComparison.Ordinal);
        Assert.Contains("64 levels", wrong.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void One_list_of_arguments_is_one_launch_and_a_list_of_lists_is_one_each()
    {
        Assert.Equal(["-c", "x=1"], Assert.Single(Read("matrix: [{adapter: codex, args: [-c, x=1]}]").Entries).Arguments);
        Assert.Equal(["-a", "-b -c"], Read("matrix: [{adapter: codex, args: [[-a], [-b, -c]]}]").Entries.Select(entry => string.Join(' ', entry.Arguments)));
    }

    [Theory]
    [InlineData("matrix: [{adapter: codex, modle: x}]", ":1: 'modle' is no key of an entry")]
    [InlineData("prompt: x\nmatrx: []", ":2: 'matrx' is no key of a matrix file")]
    [InlineData("prompt: x", "\"matrix\" must be a list")]
    [InlineData("matrix: []", "\"matrix\" must be a list")]
    [InlineData("matrix: [codex]", "an entry of \"matrix\" must be a mapping")]
    [InlineData("matrix: [{adapter: []}]", "\"adapter\" is an empty list")]
    [InlineData("matrix: [{adapter: codex, base_branch: a, baseBranch: b}]", "say the same")]
    [InlineData("matrix: [{adapter: codex, model: {a: b}}]", "\"model\" must be a text")]
    [InlineData("matrix: [{adapter: codex, args: x}]", "\"args\" is a list")]
    [InlineData("a: [", ":2: ")]
    [InlineData("- a", "one mapping")]
    [InlineData("", "one mapping")]
    public void What_is_wrong_is_named_with_its_line(string yaml, string problem)
    {
        var wrong = Assert.IsType<MatrixOutcome.Wrong>(MatrixFile.Parse("sweep.yaml", yaml));
        Assert.StartsWith("Failed to parse matrix file: sweep.yaml:", wrong.Problem, StringComparison.Ordinal);
        Assert.Contains(problem, wrong.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void More_launches_than_anybody_means_are_refused()
    {
        var many = string.Join(", ", Enumerable.Range(0, 20));
        var wrong = Assert.IsType<MatrixOutcome.Wrong>(MatrixFile.Parse("m", $"matrix: [{{adapter: [{many}], model: [{many}]}}]"));
        Assert.Contains("more than 256", wrong.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Expansion_has_every_combination_once() => Prop.ForAll(
        Gen.Choose(1, 4).SelectMany(adapters => Gen.Choose(1, 4).SelectMany(models => Gen.Choose(1, 3).Select(prompts => (adapters, models, prompts)))).ToArbitrary(),
        size =>
        {
            string List(string letter, int count) => $"[{string.Join(", ", Enumerable.Range(0, count).Select(i => letter + i))}]";
            var entries = Read($"matrix: [{{adapter: {List("a", size.adapters)}, model: {List("m", size.models)}, prompt: {List("p", size.prompts)}}}]").Entries;
            return entries.Count == size.adapters * size.models * size.prompts
                && entries.Select(entry => (entry.Adapter, entry.Model, entry.Prompt)).Distinct().Count() == entries.Count;
        }).QuickCheckThrowOnFailure();

    private static MatrixPlan Read(string yaml) => Assert.IsType<MatrixOutcome.Read>(MatrixFile.Parse("matrix.yaml", yaml)).Plan;
}
