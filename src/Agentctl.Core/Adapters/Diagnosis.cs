namespace Agentctl.Core;

/// <summary>What doctor tells of one adapter.</summary>
/// <param name="Program">Where the agent's program was found on PATH; null = not installed there.</param>
/// <param name="Places">Every place the adapter looks at.</param>
/// <param name="Problems">What is wrong, each with what to do next.</param>
public sealed record Diagnosis(string Adapter, string? Program, IReadOnlyList<DiagnosedPlace> Places, IReadOnlyList<string> Problems);

/// <param name="Path">A file, folder or address.</param>
/// <param name="What">What it is for.</param>
/// <param name="Found">What is there: "12 transcripts", "absent", "permission denied".</param>
public sealed record DiagnosedPlace(string Path, string What, string Found);
