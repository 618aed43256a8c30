using System.Globalization;
using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>
/// Reads the parameters of one request and keeps the first thing that is wrong with them. A parameter nobody knows is wrong too:
/// a misspelt filter must not give an unfiltered answer.
/// </summary>
internal sealed class QueryReading
{
    private static readonly string[] Roles = ["user", "assistant", "tool", "system"];

    public QueryReading(IQueryCollection query, params ReadOnlySpan<string> known)
    {
        foreach (var (name, values) in query)
        {
            if (!known.Contains(name))
            {
                Refuse($"there is no parameter '{name}'; {(known.IsEmpty ? "this path takes none" : $"known are {string.Join(", ", known)}")}");
            }
            else if (values.Count > 1)
            {
                Refuse($"'{name}' was given {values.Count} times");
            }
            else if (values[0]?.Contains('\0', StringComparison.Ordinal) == true)
            {
                Refuse($"'{name}' holds a NUL character");
            }
        }
    }

    /// <summary>Answers a request that takes no parameters.</summary>
    public static async Task AnswerWithoutParameters(HttpContext http, Func<CancellationToken, Task<ApiReply>> ask)
    {
        if (!await RefuseParameters(http))
        {
            await Replies.Write(http, await ask(http.RequestAborted));
        }
    }

    /// <summary>Refuses a request that has parameters although its path takes none; false when it has none.</summary>
    public static async Task<bool> RefuseParameters(HttpContext http)
    {
        if (new QueryReading(http.Request.Query).Problem is not { } problem)
        {
            return false;
        }

        await Problems.Write(http, problem);
        return true;
    }

    /// <summary>What is wrong, or null.</summary>
    public ProblemDocument? Problem { get; private set; }

    /// <summary><c>?all</c>, <c>?all=true</c> and <c>?all=1</c> are true.</summary>
    public bool Flag(string name, string? value) => value switch
    {
        null or "false" or "0" => false,
        "" or "true" or "1" => true,
        _ => Refused<bool>($"'{name}' is true or false, not '{value}'"),
    };

    public string? Text(string name, string? value) =>
        value is "" ? Refused<string>($"'{name}' is empty") : value;

    public int? Count(string name, string? value) =>
        value is null ? null
        : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? count
        : Refused<int?>($"'{name}' is a number above 0, not '{value}'");

    public SessionState? State(string name, string? value) =>
        value is null ? null
        : SessionStates.FromWord(value)
            ?? Refused<SessionState?>($"'{name}' is one of {string.Join(", ", Enum.GetValues<SessionState>().Select(state => state.Word()))}, not '{value}'");

    /// <summary>An RFC 3339 time with its offset.</summary>
    public DateTimeOffset? Time(string name, string? value) =>
        value is null ? null
        : value.Length > 10 && (value.EndsWith('Z') || value.LastIndexOfAny(['+', '-']) > 10)
            && DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : Refused<DateTimeOffset?>($"'{name}' is a time like 2026-11-21T06:44:12Z, not '{value}'");

    public string? Role(string name, string? value) =>
        value is null || Roles.Contains(value) ? value : Refused<string>($"'{name}' is one of {string.Join(", ", Roles)}, not '{value}'");

    public bool UntilEnded(string? value) => value switch
    {
        null => false,
        "ended" => true,
        _ => Refused<bool>($"'until' is ended, not '{value}'"),
    };

    private T? Refused<T>(string detail)
    {
        Refuse(detail);
        return default;
    }

    private void Refuse(string detail) => Problem ??= Problems.BadRequest(detail);
}
