namespace Agentctl.Daemon;

/// <summary>
/// Writes log events to a <see cref="CappedFile"/>, one line each (an exception's lines follow, indented):
/// <c>2026-11-21T06:44:12.123Z warn PeerRefused refused a connection of user 65534 (pid 812)</c>.
/// </summary>
internal sealed class CappedFileLoggerProvider(CappedFile file, TimeProvider time) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new FileLogger(file, time, categoryName);

    /// <summary>The file belongs to whoever opened it.</summary>
    public void Dispose()
    {
    }

    private sealed class FileLogger(CappedFile file, TimeProvider time, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        /// <summary>Ours from information on, the framework's from warnings on.</summary>
        public bool IsEnabled(LogLevel logLevel) =>
            logLevel >= (category.StartsWith("Agentctl", StringComparison.Ordinal) ? LogLevel.Information : LogLevel.Warning)
            && logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            var name = eventId.Name ?? category;
            var line = $"{time.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {Word(logLevel)} {name} {LogText.OneLine(formatter(state, exception))}";
            file.Append(exception is null ? line : $"{line}\n  {string.Join("\n  ", exception.ToString().Split('\n').Select(LogText.OneLine))}");
        }

        private static string Word(LogLevel level) => level switch
        {
            LogLevel.Critical => "crit",
            LogLevel.Error => "fail",
            LogLevel.Warning => "warn",
            LogLevel.Information => "info",
            _ => "dbug",
        };
    }
}
