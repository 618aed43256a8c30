using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Agentctl.Core;

/// <summary>Which build this is, as <c>--version</c>, the daemon and doctor tell it.</summary>
public static partial class BuildStamp
{
    /// <summary>Compiled ahead of time to machine code, without a JIT.</summary>
    public static bool IsNative => !RuntimeFeature.IsDynamicCodeSupported;

    /// <summary>The framework as it runs, and how: <c>.NET 10.0.12, native</c>.</summary>
    public static string Runtime => $"{RuntimeInformation.FrameworkDescription}, {(IsNative ? "native" : "not native")}";
}
