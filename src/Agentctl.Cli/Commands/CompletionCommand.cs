using System.CommandLine;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl completion bash|zsh</c>: a script that asks agentctl itself, so that it never goes stale.</summary>
internal static class CompletionCommand
{
    public const string Name = "completion";

    /// <summary>agentctl is told the line up to the cursor, under its own name however it was called.</summary>
    private const string Bash = """
        # agentctl completion for bash. To use it: eval "$(agentctl completion bash)"
        _agentctl() {
          local IFS=$'\n' line=${COMP_LINE:0:COMP_POINT} word breaks kept found
          line=agentctl${line#*"${COMP_WORDS[0]}"}
          word=${line##*[[:space:]]}
          # bash replaces what follows the last of these, an @ included; what stands before it stays on the line.
          breaks="${COMP_WORDBREAKS//[^=:@]/}"
          kept=
          [[ -n $breaks && $word == *["$breaks"]* ]] && kept=${word%"${word##*["$breaks"]}"} kept=${kept%@}
          COMPREPLY=()
          for found in $("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null); do
            [[ $found == "$word"* ]] && COMPREPLY+=("${found#"$kept"}")
          done
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
        var command = new Command(Name, "Print a script that completes commands, options and session ids.") { shell };
        command.SetAction(parse => around.Terminal.Write(parse.GetRequiredValue(shell) == "zsh" ? Zsh : Bash));
        return command.WithExamples(
            ("eval \"$(agentctl completion bash)\"", "in ~/.bashrc"),
            ("eval \"$(agentctl completion zsh)\"", "in ~/.zshrc, after compinit"));
    }
}
