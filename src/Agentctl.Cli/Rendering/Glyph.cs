using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>One character on two axes: its colour is the task, its shape is the process. The state's word always stands beside it.</summary>
internal static class Glyph
{
    public const string Alive = "●";
    public const string Gone = "○";
    public const string CannotTell = "◐";

    public static string Shape(SessionRow row) =>
        row.Alive ? Alive : row.Status == SessionState.Unknown.Word() ? CannotTell : Gone;

    public static Ink Colour(string status) => SessionStates.FromWord(status) switch
    {
        SessionState.Waiting => Ink.Yellow,
        SessionState.Running => Ink.Green,
        SessionState.Starting => Ink.Cyan,
        SessionState.Idle => Ink.Blue,
        SessionState.Queued => Ink.Cyan,
        SessionState.Error => Ink.Red,
        SessionState.Stopped => Ink.Faint,
        _ => Ink.Plain,
    };
}
