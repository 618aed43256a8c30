using Agentctl.FakeModel;

// FakeModel --port N --gates DIR --log FILE [--silent-port N]; one line on stdout once it listens.
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

var gates = Option("--gates") ?? Path.GetTempPath();
await using var log = Option("--log") is { } file ? new StreamWriter(file, append: true) : TextWriter.Null;
using var silent = Option("--silent-port") is { } silentPort ? SilentPort.Open(int.Parse(silentPort)) : null;
await using var server = await FakeModelServer.Start(int.Parse(Option("--port") ?? "0"), gates, log);
Console.WriteLine($"fake model on {server.Address}");
await server.WaitForShutdown();
