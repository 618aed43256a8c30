using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Shim;

// agentctl-shim <launch directory>                      owns one agent (docs/specs/shim.md)
// agentctl-shim --gate <directory> <program> <args…>    becomes the agent when it is told to
if (args is [GatedProcess.GateArgument, _, _, ..])
{
    return GatedProcess.Wait(args[1..]);
}

if (args is ["--version"])
{
    StandardOutput.TryWrite(1, System.Text.Encoding.UTF8.GetBytes($"agentctl-shim {BuildStamp.Version} ({BuildStamp.Commit}), {BuildStamp.Runtime}\n"));
    return 0;
}

if (args is not [{ Length: > 0 } folder, ..] || folder.StartsWith('-'))
{
    StandardOutput.TryWrite(2, "agentctl-shim is started by agentctl for each agent it launches; it is of no use by itself.\n"u8);
    return 2;
}

// What started us may have let our signals through (a shell in between does): once more, with them blocked.
return !SignalDescriptor.AreBlocked && args.Length == 1
    ? OneLaunch.Fail(folder, SignalDescriptor.BeginAgainBlocked(SignalNumbers.OfShim, [folder, "--blocked"]))
    : OneLaunch.Own(folder);
