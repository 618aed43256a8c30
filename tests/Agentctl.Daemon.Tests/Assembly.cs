using System.Runtime.Versioning;

// The daemon runs on Linux only so far.
[assembly: SupportedOSPlatform("linux")]
