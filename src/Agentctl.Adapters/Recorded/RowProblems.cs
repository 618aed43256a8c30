namespace Agentctl.Adapters.Recorded;

/// <summary>What is wrong with a database, or with rows of it. A database full of damaged rows is reported in a few lines.</summary>
internal sealed class RowProblems(string place)
{
    private const int MostRows = 5;

    private readonly List<string> texts = [];
    private int rows;

    public IReadOnlyList<string> Texts => rows <= MostRows ? texts : [.. texts, $"{place}: {rows - MostRows} more rows are damaged"];

    /// <param name="problem">Names the database.</param>
    public void OfDatabase(string problem) => texts.Add(problem);

    public void OfRow(string problem)
    {
        rows++;
        if (rows <= MostRows)
        {
            texts.Add($"{place}: {problem}");
        }
    }
}
