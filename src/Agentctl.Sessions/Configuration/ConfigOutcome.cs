namespace Agentctl.Sessions;

/// <summary>What reading config.json gave.</summary>
public abstract record ConfigOutcome
{
    private ConfigOutcome()
    {
    }

    public sealed record Loaded(AgentctlConfig Config) : ConfigOutcome;

    /// <param name="Line">Counted from 1; 0 when the file could not be read at all.</param>
    public sealed record Invalid(string Path, int Line, string Problem) : ConfigOutcome
    {
        /// <summary>The settings that could be read, for <c>doctor</c> and <c>config</c>; null when the file is no JSON object. Nothing else may run on them.</summary>
        public AgentctlConfig? Readable { get; init; }

        /// <summary>Every invalid setting, the first included, in the order of the file; empty when the file is no JSON object.</summary>
        public IReadOnlyList<ConfigProblem> Problems { get; init; } = [];

        public override string ToString() => At(Line, Problem);

        /// <summary>All problems, one a line.</summary>
        public string Full() => Problems.Count == 0 ? ToString() : string.Join('\n', Problems.Select(one => At(one.Line, one.Problem)));

        private string At(int line, string problem) => line > 0 ? $"{Path}:{line}: {problem}" : $"{Path}: {problem}";
    }
}

/// <summary>One setting that cannot be used.</summary>
public sealed record ConfigProblem(string Key, int Line, string Problem);
