using System.CommandLine;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl completion bash|zsh</c>: a script that asks agentctl itself, so that it never goes stale.</summary>
internal static class CompletionCommand
{
    /// <summary>$2 of the words is cut at the cursor; agentctl is told the line and the position in it.</summary>
    private const string Bash = """
        # agentctl completion for bash. To use it: eval "$(agentctl completion bash)"
        _agentctl() {
          local line=${COMP_LINE#*"${COMP_WORDS[0]}"} word=${COMP_WORDS[COMP_CWORD]} IFS=$'\n'
          line=agentctl$line
          local position=$((COMP_POINT - ${#COMP_LINE} + ${#line}))
          COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$position]" "$line" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _agentctl agentctl agent-ctl

        """;

    private const string Zsh = """
        #compdef agentctl agent-ctl
        # agentctl completion for zsh. To use it: eval "$(agentctl completion zsh)"
        _agentctl() {
          local line="agentctl${BUFFER#*${words[1]}}"
          local position=$((CURSOR - ${#BUFFER} + ${#line}))
          local -a found
          found=("${(@f)$("${words[1]}" "[suggest:$position]" "$line" 2>/dev/null)}")
          compadd -- $found
        }
        compdef _agentctl agentctl agent-ctl

        """;

    public static Command Create(Surroundings around)
    {
        var shell = new Argument<string>("shell") { Description = "bash or zsh." };
        shell.AcceptOnlyFromAmong("bash", "zsh");
        var command = new Command("completion", "Print a script that completes commands, options and session ids.") { shell };
        command.SetAction(parse => around.Terminal.Write(parse.GetRequiredValue(shell) == "zsh" ? Zsh : Bash));
        return command.WithExamples(
            ("eval \"$(agentctl completion bash)\"", "in ~/.bashrc"),
            ("eval \"$(agentctl completion zsh)\"", "in ~/.zshrc, after compinit"));
    }
}
