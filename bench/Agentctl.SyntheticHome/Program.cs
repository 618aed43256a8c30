using Agentctl.SyntheticHome;

// synthetic-home DIR N all|2% [PID ...]: writes a home of N ended sessions, and one living Claude session for each pid.
if (args.Length < 3 || !int.TryParse(args[1], out var count) || args[2] is not ("all" or "2%"))
{
    Console.Error.WriteLine("usage: synthetic-home DIR N all|2% [PID ...]   (share of the sessions that are younger than 7 days)");
    return 2;
}

var home = new HomeWriter(Path.GetFullPath(args[0]), recentShare: args[2] == "all" ? 1 : 0.02);
home.Write(count);
foreach (var pid in args.Skip(3))
{
    home.AddLiving(int.Parse(pid));
}

Console.WriteLine($"{count} sessions ({args[2]} younger than 7 days), {args.Length - 3} living, {home.BytesWritten / 1024 / 1024} MB");
Console.WriteLine($"largest {home.Largest}");
return 0;
