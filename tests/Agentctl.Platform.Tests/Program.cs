using System.Runtime.Versioning;
using Agentctl.Platform.Tests;

[assembly: SupportedOSPlatform("linux")]

if (args is ["probe", .. var probe])
{
    return await Probe.Run(probe);
}

return args.Any(argument => argument is "-automated" or "@@")
    ? await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args)
    : await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
