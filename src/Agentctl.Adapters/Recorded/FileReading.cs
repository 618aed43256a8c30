using Agentctl.Platform;

namespace Agentctl.Adapters.Recorded;

/// <summary>One reading of one file of an agent: what is damaged in it is collected here, and reported with the file once.</summary>
internal sealed class FileReading(FileEntry file)
{
    public FileEntry File => file;

    public DamagedRecords Damaged { get; } = new();

    /// <summary>What is wrong with the file as a whole, to stand behind its name: "has no header".</summary>
    public string? Problem { get; set; }

    /// <summary>One sentence that names the file; null when nothing is wrong.</summary>
    /// <param name="shown">Its name as people see it.</param>
    public string? Describe(string shown) => (Problem, Damaged.Describe(file.Path, shown)) switch
    {
        ({ } problem, { } damage) => $"{damage}; the file {problem}",
        ({ } problem, null) => $"{shown} {problem}",
        (null, var damage) => damage,
    };
}
