using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli;

/// <summary>Tells a person what went wrong and what to do next; scripts may match how a message begins (agentctl's contract with the Node tool).</summary>
internal static class Problem
{
    /// <param name="list">The command that shows what there is.</param>
    /// <returns>The exit code.</returns>
    public static int Tell(Surroundings around, ReadOnlyMemory<byte> body, string? reference = null, string list = "agentctl list -a")
    {
        var problem = JsonSerializer.Deserialize(body.Span, ApiJson.Default.ProblemDocument)!;
        var note = around.Terminal.Note;
        switch (problem.Type)
        {
            case "/problems/not-found" when reference is not null:
                note($"Session not found: {reference}");
                if (problem.CouldNotLook is { Count: > 0 } failed)
                {
                    foreach (var adapter in failed)
                    {
                        note($"It may well exist: {PlainText.OneLine(adapter)}");
                    }

                    note("See what is wrong there: agentctl doctor");
                }
                else
                {
                    note($"See what there is: {list}");
                }

                break;
            case "/problems/ambiguous" when problem.Candidates is { Count: > 0 } candidates:
                note($"Ambiguous: {reference ?? problem.Detail} means {candidates.Count} sessions. Say more of the id:");
                foreach (var candidate in candidates)
                {
                    note($"  {candidate}");
                }

                break;
            default:
                note(problem.Detail.Length > 0 ? problem.Detail : problem.Title);
                break;
        }

        return ExitCode.Of(problem);
    }
}
