using System.Globalization;
using Agentctl.SyntheticHome;
using Agentctl.Testing;

// synthetic-home DIR N all|2% [PID ...]: writes a home of N ended sessions, and one living Claude session for each pid;
// from 100,000 sessions on with a transcript of 1 GB and one with a line of 100 MB. OpenCode's are in DIR/opencode.sql, for sqlite3.
// synthetic-home gateway N: a gateway with N ended sessions and one that runs; prints its port and stays until its input ends.
if (args is ["gateway", var many])
{
    var at = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    await using var gateway = ScriptedGateway.Start(null, Enumerable.Range(0, int.Parse(many, CultureInfo.InvariantCulture) + 1).Select(i =>
    {
        var row = ScriptedRows.Chat($"s{i}", isRunning: i == 0);
        row["updatedAt"] = at - (i * 1000L);
        return row;
    }));
    Console.WriteLine($"{gateway.Port} {gateway.Script.Token}");
    await Console.In.ReadToEndAsync();
    return 0;
}

if (args.Length < 3 || !int.TryParse(args[1], out var count) || args[2] is not ("all" or "2%"))
{
    Console.Error.WriteLine("usage: synthetic-home DIR N all|2% [PID ...]   (share of the sessions that are younger than 7 days)");
    return 2;
}

var home = new HomeWriter(Path.GetFullPath(args[0]), recentShare: args[2] == "all" ? 1 : 0.02);
home.Write(count);
if (count >= 100_000)
{
    home.AddHuge();
}

foreach (var pid in args.Skip(3))
{
    home.AddLiving(int.Parse(pid, CultureInfo.InvariantCulture));
}

Console.WriteLine($"{count} sessions ({args[2]} younger than 7 days), {args.Length - 3} living, {home.BytesWritten / 1024 / 1024} MB");
Console.WriteLine($"largest {home.Largest}");
return 0;
