namespace Agentctl.ScriptedAgent;

/// <summary>How the actor is to behave, from its arguments.</summary>
internal sealed record AcpActorOptions
{
    public const string Usage = "agentctl-scripted-agent acp [--deaf] [--ignore-cancel] [--hang-new] [--refuse-load] [--no-load] [--no-resume] [--modes] [--options] [--models] [--image] [--mcp-http] [--crash] [--auth VARIABLE]";

    /// <summary>Ignores the end of its input and SIGTERM, and leaves a child that does so too.</summary>
    public bool Deaf { get; private set; }
    public bool IgnoreCancel { get; private set; }
    public bool HangInNew { get; private set; }
    public bool RefuseLoad { get; private set; }
    public bool Load { get; private set; } = true;
    public bool Resume { get; private set; } = true;
    public bool Modes { get; private set; }
    public bool ConfigOptions { get; private set; }
    public bool LegacyModels { get; private set; }
    public bool Image { get; private set; }
    public bool McpHttp { get; private set; }
    public bool CrashAtInitialize { get; private set; }

    /// <summary>It wants to be logged in by a key in this variable.</summary>
    public string? AuthVariable { get; private set; }

    /// <summary>Null when there is an argument it does not know.</summary>
    public static AcpActorOptions? Parse(ReadOnlySpan<string> args)
    {
        var options = new AcpActorOptions();
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--deaf": options.Deaf = true; break;
                case "--ignore-cancel": options.IgnoreCancel = true; break;
                case "--hang-new": options.HangInNew = true; break;
                case "--refuse-load": options.RefuseLoad = true; break;
                case "--no-load": options.Load = false; break;
                case "--no-resume": options.Resume = false; break;
                case "--modes": options.Modes = true; break;
                case "--options": options.ConfigOptions = true; break;
                case "--models": options.LegacyModels = true; break;
                case "--image": options.Image = true; break;
                case "--mcp-http": options.McpHttp = true; break;
                case "--crash": options.CrashAtInitialize = true; break;
                case "--auth" when i + 1 < args.Length: options.AuthVariable = args[++i]; break;
                default: return null;
            }
        }

        return options;
    }
}
