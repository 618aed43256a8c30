using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>What a page needs to know of its reader: the clock, the home, the width and whether colours are welcome.</summary>
/// <param name="Width">Columns of the terminal; null = not a terminal, as wide as it gets.</param>
internal sealed record Look(DateTimeOffset Now, TimeZoneInfo Zone, AgentEnvironment Environment, int? Width, Paint Paint);
