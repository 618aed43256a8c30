using System.Globalization;

namespace Agentctl.Platform;

/// <summary>On which ports of this machine a process takes TCP connections, proc_net(5) and proc_pid_fd(5).</summary>
public static class ListeningPorts
{
    private const string Listening = "0A";

    /// <summary>Those it can be reached at over the loopback; none where the process may not be looked at, or is gone.</summary>
    public static IReadOnlyList<int> Of(int pid)
    {
        ThisSystem.RequireLinux("Finding the ports of a process");
        try
        {
            var sockets = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var table in (string[])[$"/proc/{pid}/net/tcp", $"/proc/{pid}/net/tcp6"])
            {
                foreach (var line in File.Exists(table) ? File.ReadLines(table).Skip(1) : [])
                {
                    Add(line, sockets);
                }
            }

            return sockets.Count == 0 ? [] : [.. Directory.EnumerateFiles($"/proc/{pid}/fd").Select(file => PortOf(file, sockets)).OfType<int>().Distinct()];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    //   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
    //    0: 0100007F:1000 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31337 …
    private static void Add(string line, Dictionary<string, int> sockets)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length > 9 && fields[3] == Listening && fields[1].Split(':') is [var address, var port] && IsReachable(address)
            && int.TryParse(port, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
        {
            sockets[$"socket:[{fields[9]}]"] = number;
        }
    }

    /// <summary>127.0.0.1, or every address.</summary>
    private static bool IsReachable(string address) => address is "0100007F" || address.All(static digit => digit == '0');

    private static int? PortOf(string descriptor, Dictionary<string, int> sockets) =>
        new FileInfo(descriptor).LinkTarget is { } target && sockets.TryGetValue(target, out var port) ? port : null;
}
