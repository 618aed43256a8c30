using System.Reflection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Agentctl.Daemon.Tests;

public sealed class EventIdTests
{
    [Fact]
    public void Log_events_have_ids_and_names_of_their_own()
    {
        var events = typeof(DaemonProgram).Assembly.GetTypes()
            .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Select(static method => method.GetCustomAttribute<LoggerMessageAttribute>())
            .OfType<LoggerMessageAttribute>()
            .ToList();

        Assert.True(events.Count > 10, $"only {events.Count} events were found");
        Assert.Equal(events.Count, events.Select(static one => one.EventId).Distinct().Count());
        Assert.Equal(events.Count, events.Select(static one => one.EventName).Distinct().Count());
        Assert.DoesNotContain(events, static one => one.EventId <= 0 || string.IsNullOrEmpty(one.EventName));
    }
}
