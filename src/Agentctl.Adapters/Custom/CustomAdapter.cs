using System.Runtime.CompilerServices;
using System.Text;
using Agentctl.Core;

namespace Agentctl.Adapters.Custom;

/// <summary>
/// Runs an agent that config declares. It reads nothing such an agent writes but its session's id: what is launched is listed from
/// our own records, and works until it ends.
/// </summary>
/// <param name="environment">Where its program is looked for by <c>doctor</c>.</param>
public sealed class CustomAdapter(CustomAgent agent, AgentEnvironment? environment = null) : IAgentAdapter, IAgentLauncher
{
    private const string Prompt = "{prompt}";
    private const string Model = "{model}";
    private const string SessionId = "{session_id}";
    private const string Cwd = "{cwd}";
    private const string Id = "{id}";

    string IAgentAdapter.Id => agent.Name;
    string IAgentLauncher.Id => agent.Name;

    public bool TellsTurns => false;

    public IReadOnlyList<string> PermissionModes => [];

    public PlanOutcome Plan(LaunchWish wish, AgentEnvironment environment)
    {
        if (wish.PermissionMode is not null)
        {
            return new PlanOutcome.Refused($"{agent.Name} declares no permission modes; say it in its arguments (-- ARGS).", IsUsage: true);
        }

        if (wish.Thinking is not null)
        {
            return new PlanOutcome.Refused($"{agent.Name} declares no levels of thinking; say it in its arguments (-- ARGS, or args in a matrix).", IsUsage: true);
        }

        if (wish.KeepOpen && agent.Stdin != StdinMode.Open)
        {
            return new PlanOutcome.Refused($"{agent.Name} takes no further messages: its \"stdin\" in config.json is not \"open\".", IsUsage: true);
        }

        if ((wish.Resumes is null ? agent.Launch : agent.Resume) is not { } template)
        {
            return new PlanOutcome.Refused($"{agent.Name} cannot be resumed: config.json declares no \"resume\" for it.", IsUsage: true);
        }

        var id = wish.Resumes ?? (template.Any(static part => part.Contains(SessionId, StringComparison.Ordinal)) ? Guid.NewGuid().ToString() : null);
        return Planned(template, environment, wish, id) is { } plan ? new PlanOutcome.Planned(plan) : NotFound(template[0]);
    }

    public PlanOutcome PlanAttach(string sessionId, AgentEnvironment environment) =>
        agent.Attach is not { } template ? new PlanOutcome.Refused($"{agent.Name} cannot be attached to: config.json declares no \"attach\" for it.", IsUsage: true)
        : Planned(template, environment, new LaunchWish { Prompt = "", Cwd = "" }, sessionId) is { } plan ? new PlanOutcome.Planned(plan)
        : NotFound(template[0]);

    public string? SessionIdIn(ReadOnlySpan<byte> outputLine) =>
        agent.IdKey is { } key ? ForeignJson.TopText(outputLine, Encoding.UTF8.GetBytes(key)) : agent.IdTemplate is { } template ? ByTemplate(Encoding.UTF8.GetString(outputLine), template) : null;

    public string? ReasonIn(ReadOnlySpan<byte> outputLine) => null;

    /// <summary>One message is one line.</summary>
    public string? Frame(string message) => agent.Stdin == StdinMode.Open ? message.ReplaceLineEndings(" ") + "\n" : null;

    public string? InterruptFrame() => null;

    public Task<AdapterAnswer> Discover(DiscoveryContext context, CancellationToken cancellationToken) => Task.FromResult(AdapterAnswer.Nothing);

    public Task<IReadOnlyCollection<SessionName>> Names(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyCollection<SessionName>>([]);

    public Task<Sighting?> Find(string id, DiscoveryContext context, CancellationToken cancellationToken) => Task.FromResult<Sighting?>(null);

    public Task<TokenUsage?> CountTokens(string id, CancellationToken cancellationToken) => Task.FromResult<TokenUsage?>(null);

    public async IAsyncEnumerable<TranscriptEntry> ReadTranscript(string id, TranscriptRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Its output stands in the launch's own files, and is told from there.
        await Task.CompletedTask.ConfigureAwait(false);
        yield break;
    }

    public IDisposable Watch(Action changed) => Nothing.Instance;

    public Task<Diagnosis> Diagnose(CancellationToken cancellationToken)
    {
        var program = environment?.FindProgram(agent.Launch[0]);
        return Task.FromResult(new Diagnosis(agent.Name, program, [], program is null ? [$"its program {agent.Launch[0]} was not found on PATH"] : []));
    }

    private LaunchPlan? Planned(IReadOnlyList<string> template, AgentEnvironment environment, LaunchWish wish, string? sessionId)
    {
        if (environment.FindProgram(template[0]) is not { } program)
        {
            return null;
        }

        return new LaunchPlan
        {
            Program = program,
            Arguments = [.. Filled(template.Skip(1), wish, sessionId), .. wish.AgentArguments],
            Stdin = agent.Stdin,
            StdinText = agent.Stdin switch
            {
                StdinMode.Text => wish.Prompt,
                StdinMode.Open => Frame(wish.Prompt),
                _ => null,
            },
            SessionId = sessionId,
            TellsSessionId = agent.IdTemplate is not null || agent.IdKey is not null,
            StopSignal = agent.StopSignal,
            PermissionMode = "its own",
            Model = wish.Model,
        };
    }

    private static List<string> Filled(IEnumerable<string> template, LaunchWish wish, string? sessionId)
    {
        var filled = new List<string>();
        foreach (var part in template)
        {
            if (wish.Model is null && part.Contains(Model, StringComparison.Ordinal))
            {
                if (part == Model && filled is [.., var option] && option.StartsWith('-'))
                {
                    filled.RemoveAt(filled.Count - 1);
                }

                continue;
            }

            filled.Add(part
                .Replace(Model, wish.Model, StringComparison.Ordinal)
                .Replace(SessionId, sessionId, StringComparison.Ordinal)
                .Replace(Cwd, wish.Cwd, StringComparison.Ordinal)

                // Last: what a person wrote is never taken for a template.
                .Replace(Prompt, wish.Prompt, StringComparison.Ordinal));
        }

        return filled;
    }

    private PlanOutcome.Refused NotFound(string program) =>
        new($"{program}, the program of {agent.Name}, was not found; see \"agents\" in config.json.", IsUsage: false);

    private static string? ByTemplate(string line, string template)
    {
        var parts = template.Split(Id);
        var at = line.IndexOf(parts[0], StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        var rest = line.AsSpan(at + parts[0].Length);
        var length = 0;
        while (length < rest.Length && (char.IsAsciiLetterOrDigit(rest[length]) || rest[length] is '.' or '_' or ':' or '-'))
        {
            length++;
        }

        return length > 0 && rest[length..].StartsWith(parts[1]) ? rest[..length].ToString() : null;
    }

    private sealed class Nothing : IDisposable
    {
        public static readonly Nothing Instance = new();

        public void Dispose()
        {
        }
    }
}
