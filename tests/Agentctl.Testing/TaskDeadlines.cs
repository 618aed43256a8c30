using System.Runtime.CompilerServices;

namespace Agentctl.Testing;

/// <summary>Deadlines for awaited tasks, measured with <see cref="MachineClock"/>.</summary>
public static class TaskDeadlines
{
    /// <exception cref="TimeoutException">The task did not end in that time.</exception>
    public static async Task Within(this Task task, TimeSpan time, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        if (await Task.WhenAny(task, MachineClock.After(time)) != task)
        {
            throw new TimeoutException($"`{what}` did not end within {time.TotalSeconds:0.#} s");
        }

        await task;
    }

    /// <inheritdoc cref="Within(Task, TimeSpan, string)"/>
    public static async Task<T> Within<T>(this Task<T> task, TimeSpan time, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        await ((Task)task).Within(time, what);
        return await task;
    }
}
