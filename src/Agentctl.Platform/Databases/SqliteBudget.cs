using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>
/// How much work one reading of a foreign database may cost. A table may have been replaced by an endless view, and a value may be built to
/// fill the memory: the library asks this after every few thousand steps, and gives up when the work is cancelled or the budget is spent.
/// </summary>
internal sealed unsafe class SqliteBudget : IDisposable
{
    /// <summary>Some seconds of work; a look at 10,000 sessions takes about a hundredth.</summary>
    public const long DefaultSteps = 100_000_000;

    /// <summary>The largest value or row that is read: as long as the longest line of a record.</summary>
    private const int LargestValueBytes = 8 << 20;

    /// <summary>Of the whole process, sorting included, which otherwise goes to disk.</summary>
    private const int LargestHeapBytes = 64 << 20;

    private const int StepsBetweenCalls = 4096;

    private readonly nint database;
    private readonly CancellationToken cancellationToken;
    private GCHandle self;
    private long left;

    public SqliteBudget(nint database, long steps, CancellationToken cancellationToken)
    {
        this.database = database;
        this.cancellationToken = cancellationToken;
        left = steps;
        self = GCHandle.Alloc(this);
        _ = SqliteLibrary.Limit(database, SqliteLibrary.SQLITE_LIMIT_LENGTH, LargestValueBytes);
        SqliteLibrary.OnProgress(database, StepsBetweenCalls, &Progress, GCHandle.ToIntPtr(self));
    }

    /// <summary>Settings that a statement makes. A library that does not know one ignores it.</summary>
    public static IReadOnlyList<string> Pragmas { get; } = [$"pragma hard_heap_limit = {LargestHeapBytes}", "pragma temp_store = memory", "pragma trusted_schema = off"];

    public bool IsSpent => left <= 0;

    public void Dispose()
    {
        if (self.IsAllocated)
        {
            SqliteLibrary.OnProgress(database, 0, null, 0);
            self.Free();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Progress(nint argument)
    {
        var budget = (SqliteBudget)GCHandle.FromIntPtr(argument).Target!;
        budget.left -= StepsBetweenCalls;
        return budget.IsSpent || budget.cancellationToken.IsCancellationRequested ? 1 : 0;
    }
}
