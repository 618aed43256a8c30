using System.CommandLine;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl completion bash|zsh</c>: a script that asks agentctl itself, so that it never goes stale.</summary>
internal static class CompletionCommand
{
    /// <summary>agentctl is told the line up to the cursor, under its own name however it was called.</summary>
    private const string Bash = """
        # agentctl completion for bash. To use it: eval "$(agentctl completion bash)"
        _agentctl() {
          local line=${COMP_LINE:0:COMP_POINT} word=${COMP_WORDS[COMP_CWORD]} IFS=$'\n'
          line=agentctl${line#*"${COMP_WORDS[0]}"}
          COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _agentctl agentctl agent-ctl

        """;

    private const string Zsh = """
        #compdef agentctl agent-ctl
        # agentctl completion for zsh. To use it: eval "$(agentctl completion zsh)"
        _agentctl() {
          local line="agentctl${LBUFFER#*${words[1]}}"
          local -a found
          found=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
          compadd -- $found
        }
        compdef _agentctl agentctl agent-ctl

        """;

    public static Command Create(Surroundings around)
    {
        var shell = new Argument<string>("shell") { HelpName = "bash|zsh", Description = "bash or zsh." };
        shell.OneOf("bash", "zsh");
        var command = new Command("completion", "Print a script that completes commands, options and session ids.") { shell };
        command.SetAction(parse => around.Terminal.Write(parse.GetRequiredValue(shell) == "zsh" ? Zsh : Bash));
        return command.WithExamples(
            ("eval \"$(agentctl completion bash)\"", "in ~/.bashrc"),
            ("eval \"$(agentctl completion zsh)\"", "in ~/.zshrc, after compinit"));
    }
}
