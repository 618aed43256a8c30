using System.Collections.Concurrent;
using Agentctl.Cli.Commands;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Cli.Tests.Commands;

public sealed class TerminalQuestionsTests
{
    private readonly Stage stage = new();
    private readonly BlockingCollection<string> typed = [];
    private readonly List<ApprovalOrder> answers = [];
    private readonly TerminalQuestions questions;

    public TerminalQuestionsTests() => questions = new TerminalQuestions(stage.Around.Terminal, token => typed.Take(token), answer =>
    {
        answers.Add(answer);
        return Task.CompletedTask;
    });

    [Theory]
    [InlineData("y", true, false)]
    [InlineData("a", true, true)]
    [InlineData("n", false, false)]
    [InlineData("", false, false)]
    public async Task Line_is_the_answer(string line, bool allow, bool always)
    {
        typed.Add(line, TestContext.Current.CancellationToken);
        questions.Ask("1", "execute: make", TestContext.Current.CancellationToken);
        await Eventually(() => answers.Count == 1);
        Assert.Equal([new ApprovalOrder("1", allow, always)], answers);
        await questions.EndAll();
        Assert.StartsWith("[permission] execute: make\n", stage.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Question_that_was_answered_elsewhere_leaves_the_next_line_to_the_next_question()
    {
        questions.Ask("1", "execute: first", TestContext.Current.CancellationToken);
        questions.Ask("2", "execute: second", TestContext.Current.CancellationToken);
        Assert.DoesNotContain("second", stage.Error, StringComparison.Ordinal);
        questions.End("1");
        await Eventually(() => stage.Error.Contains("second", StringComparison.Ordinal));
        typed.Add("y", TestContext.Current.CancellationToken);
        await Eventually(() => answers.Count == 1);
        Assert.Equal([new ApprovalOrder("2", true, false)], answers);
    }

    [Fact]
    public async Task End_of_the_turn_ends_every_question()
    {
        questions.Ask("1", "execute: first", TestContext.Current.CancellationToken);
        questions.Ask("2", "execute: second", TestContext.Current.CancellationToken);
        await questions.EndAll().WaitAsync(Agentctl.Testing.RealProcess.UsualDeadline, TestContext.Current.CancellationToken);
        Assert.Empty(answers);
        Assert.DoesNotContain("second", stage.Error, StringComparison.Ordinal);
    }

    private static Task Eventually(Func<bool> condition) => Agentctl.Testing.Eventually.True("the question to go on", Agentctl.Testing.RealProcess.UsualDeadline, condition);
}
