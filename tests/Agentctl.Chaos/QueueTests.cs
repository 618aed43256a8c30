using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>The queue under kill -9: nobody is forgotten, nobody runs twice, nobody runs beside too many.</summary>
public sealed class QueueTests : World
{
    private const int Launches = 50;
    private const int Slots = 3;
    private const int Kills = 25;

    /// <summary>Says when it began and ended, in one line of a shared file each: appends of a line are whole.</summary>
    private const string Worker = """
        #!/bin/bash
        exec {quiet}<> <(:)
        echo "began $1 ${WHO}" >> "$BOOK"
        [[ $1 == holder ]] && until [[ -e ~/go ]]; do read -r -t 0.05 -u "$quiet"; done
        [[ ${HELD-} ]] && until [[ -e ~/may-end-$1 ]]; do read -r -t 0.02 -u "$quiet"; done
        read -r -t "${NAP:-0.15}" -u "$quiet"
        echo "ended $1" >> "$BOOK"
        [[ $1 == *fail* ]] && exit 3
        exit 0
        """;

    private string Book => Path.Combine(Sandbox.Home, "book");

    private Task<ProcessResult> Unwatched(params string[] arguments) => Sandbox.Run(WithoutInotify(arguments), Served.Variables);

    private void ConfigureWorker(int slots)
    {
        var worker = Script("bin/worker", Worker);
        Sandbox.Variables["BOOK"] = Book;
        Configure($$"""{ "max_concurrent": {{slots}}, "agents": { "worker": { "launch": ["{{worker}}", "{prompt}"] } } }""");
    }

    [Fact]
    public async Task Fifty_queued_launches_and_their_hooks_run_once_each_however_often_the_daemon_is_killed()
    {
        ConfigureWorker(Slots);
        Sandbox.Variables["WHO"] = "the caller";
        Sandbox.Variables["HELD"] = "1";
        await Served.Quietly("list");
        for (var batch = 0; batch < Launches; batch += 10)
        {
            var results = await Task.WhenAll(Enumerable.Range(batch, 10).Select(i => Served.Quietly(
                "launch", "worker", "-p", $"job-{i:00}", "--cwd", Sandbox.Folder($"project-{i}"), "--queue",
                "--on-create", "echo \"created $AGENTCTL_CWD\" >> ~/book", "--on-complete", "echo \"completed $AGENTCTL_CWD $AGENTCTL_EXIT_CODE\" >> ~/book")));
            Assert.All(results, result => Assert.True(result.ExitCode == 0, result.Error));
        }

        var random = new Random(20261126);
        var kills = 0;
        await Eventually.See("an empty queue", TimeSpan.FromSeconds(300), async () =>
        {
            if (kills < Kills && Daemon() is { } daemon)
            {
                await Task.Delay(random.Next(0, 120), TestContext.Current.CancellationToken);
                await Signals.Send("KILL", daemon);
                kills++;

                // A queue that drained by the clock would be empty before a slow machine had killed much.
                MayEnd(Launches / Kills * kills);
            }

            var queue = await Served.Quietly("queue", "list", "--json");
            Assert.True(queue.ExitCode == 0, queue.Error);
            return JsonDocument.Parse(queue.Output).RootElement.GetArrayLength();
        }, waiting => waiting == 0);
        MayEnd(Launches);
        await Eventually.See(
            "the last to end", Deadline,
            async () => await List(Served) is var rows && rows.Count == Launches ? string.Join('\n', rows.Where(static row => row.State != "stopped (done)")) : $"{rows.Count} rows",
            static others => others.Length == 0);
        await Eventually.True("the last hook", Deadline, () => File.ReadAllLines(Book).Count(line => line.StartsWith("completed", StringComparison.Ordinal)) >= Launches);

        Assert.True(kills >= Kills - 1, $"the daemon was killed {kills} times only");
        var book = File.ReadAllLines(Book);
        foreach (var (word, say) in new (string, Func<int, string>)[]
        {
            ("created", i => $"created {Sandbox.Root}/project-{i}"), ("began", i => $"began job-{i:00} the caller"), ("ended", i => $"ended job-{i:00}"), ("completed", i => $"completed {Sandbox.Root}/project-{i} 0"),
        })
        {
            Assert.Equal(Enumerable.Range(0, Launches).Select(say).Order(), book.Where(line => line.StartsWith(word, StringComparison.Ordinal)).Order());
        }

        // Never more than there are slots, at no line of the book.
        var running = 0;
        foreach (var line in book)
        {
            running += line.StartsWith("began", StringComparison.Ordinal) ? 1 : line.StartsWith("ended", StringComparison.Ordinal) ? -1 : 0;
            Assert.InRange(running, 0, Slots);
        }

        // The last hook's shim ends after its script.
        await Eventually.True("nothing to live", Deadline, () => LivingAgents().Count == 0);
        await Eventually.True("nothing to be marked as living", Deadline, () => Directory.GetFileSystemEntries(Path.Combine(Sandbox.AgentctlHome, "live")).Length == 0);
        Sandbox.Tell($"{Launches} launches, {Slots} slots, {kills} daemons killed: {book.Length} lines in the book");

        void MayEnd(int jobs)
        {
            for (var i = 0; i < jobs; i++)
            {
                Sandbox.HomeFile($"may-end-job-{i:00}", "");
            }
        }
    }

    [Fact]
    public async Task They_go_in_the_order_in_which_they_came_or_were_put()
    {
        ConfigureWorker(1);
        await Served.Quietly("launch", "worker", "-p", "holder", "--cwd", Sandbox.Folder("p0"), "--queue");
        foreach (var name in (string[])["a", "b", "c", "d"])
        {
            Assert.Equal(0, (await Served.Quietly("launch", "worker", "-p", name, "--cwd", Sandbox.Folder(name), "--queue")).ExitCode);
        }

        var rows = await Waiting();
        var last = rows[^1];
        Assert.Equal(0, (await Served.Run("queue", "move", last.GetProperty("launchId").GetString()!, "1")).ExitCode);
        Sandbox.HomeFile("go", "");
        await Eventually.See("an empty queue", Deadline, Waiting, waiting => waiting.Count == 0);
        await Eventually.True("the last to begin", Deadline, () => Began().Count == 5);

        // What had its turn before the move is not asked back.
        var order = Began().Where(name => rows.Any(row => row.GetProperty("prompt").GetString() == name)).ToList();
        Assert.Equal(order.Where(name => name != last.GetProperty("prompt").GetString()), order.Where(name => name != last.GetProperty("prompt").GetString()).Order());
        Assert.True(order.IndexOf(last.GetProperty("prompt").GetString()!) <= 1, string.Join(' ', order));
    }

    [Fact]
    public async Task Turn_comes_where_the_kernel_has_no_inotify_instance_left_to_tell_it()
    {
        Requirement.That(Environment.UserName == "root", "root, to limit a namespace of its own");
        ConfigureWorker(1);
        Sandbox.Variables["NAP"] = "0.5";
        foreach (var name in (string[])["a", "b"])
        {
            var launched = await Unwatched("launch", "worker", "-p", name, "--cwd", Sandbox.Folder(name), "--queue");
            Assert.True(launched.ExitCode == 0, launched.Error);
        }

        // The daemon looks every thirty seconds there, the one that waits all the time.
        await Eventually.True("both to end", Deadline, () => File.Exists(Book) && File.ReadAllLines(Book).Count(static line => line.StartsWith("ended", StringComparison.Ordinal)) == 2);
        Assert.Equal(["a", "b"], Began());
    }

    [Fact]
    public async Task Cancelled_and_timed_out_ones_never_begin_and_say_so()
    {
        ConfigureWorker(1);
        var held = Sandbox.Folder("held");
        Assert.Equal(0, (await Served.Run("lock", held, "--reason", "by hand")).ExitCode);
        Assert.Equal(0, (await Served.Run("launch", "worker", "-p", "cancelled", "--cwd", held, "--queue")).ExitCode);
        Assert.Equal(0, (await Served.Run("launch", "worker", "-p", "late", "--cwd", held, "--queue", "--queue-timeout", "12s")).ExitCode);

        var listed = await List(Served);
        Assert.All(listed, row => Assert.Equal(("queued", false), (row.Status, row.Alive)));
        Assert.Contains("2 queued", (await Served.Run("list")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Served.Run("queue", "cancel", listed.Single(row => row.Raw.Contains("cancelled", StringComparison.Ordinal)).Id)).ExitCode);
        await Eventually.See("both to be over", Deadline, () => List(Served), rows => rows.Select(row => row.State).Order().SequenceEqual(["error (timeout)", "stopped (asked)"]));

        Assert.Equal(0, (await Served.Run("unlock", held)).ExitCode);
        Assert.Equal(5, (await Served.Run("queue", "move", listed[0].Id, "1")).ExitCode);
        Assert.False(File.Exists(Book));
        await Eventually.True("nothing to live", Deadline, () => LivingAgents().Count == 0);
    }

    [Fact]
    public async Task Directory_that_is_given_back_goes_to_who_waits_for_it()
    {
        ConfigureWorker(0);
        Assert.Equal(0, (await Served.Run("lock", Project)).ExitCode);
        Assert.Equal(0, (await Served.Run("launch", "worker", "-p", "patient", "--cwd", Project, "--queue")).ExitCode);
        Assert.Equal("directory", Assert.Single(await Waiting()).GetProperty("reason").GetString());
        Assert.Equal(0, (await Served.Run("unlock", Project)).ExitCode);
        await Eventually.True("it to begin", Deadline, () => File.Exists(Book) && Began().Contains("patient"));
    }

    [Fact]
    public async Task Agent_that_fails_at_once_three_times_waits_for_a_person()
    {
        ConfigureWorker(1);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(0, (await Served.Quietly("launch", "worker", "-p", $"fail-{i}", "--cwd", Sandbox.Folder($"f{i}"), "--queue")).ExitCode);
        }

        var waiting = await Eventually.See("the brake", Deadline, Waiting, rows => rows.Count == 2 && rows.All(row => row.GetProperty("reason").GetString() == "brake"));
        Assert.Contains("3 times in a row", waiting[0].GetProperty("waitsFor").GetString(), StringComparison.Ordinal);
        Assert.Equal(3, Began().Count);

        // One that does better lets the others go again.
        Assert.Equal(0, (await Served.Quietly("launch", "worker", "-p", "good", "--cwd", Sandbox.Folder("good"), "--queue")).ExitCode);
        var good = Assert.Single(await Waiting(), row => row.GetProperty("prompt").GetString() == "good");
        Assert.Equal(0, (await Served.Run("queue", "release", good.GetProperty("launchId").GetString()!)).ExitCode);
        await Eventually.See("an empty queue", Deadline, Waiting, rows => rows.Count == 0);
    }

    [Fact]
    public async Task Killed_while_it_waits_it_is_over_and_nobody_waits_for_it()
    {
        ConfigureWorker(0);
        Assert.Equal(0, (await Served.Run("lock", Project)).ExitCode);
        Assert.Equal(0, (await Served.Run("launch", "worker", "-p", "first", "--cwd", Project, "--queue")).ExitCode);
        Assert.Equal(0, (await Served.Run("launch", "worker", "-p", "second", "--cwd", Project, "--queue")).ExitCode);
        var first = (await Waiting())[0].GetProperty("launchId").GetString()!;
        var shim = Assert.Single(LivingAgents(), process => process.CommandLine().Contains(first, StringComparison.Ordinal));
        await Kill(shim);
        Assert.Equal("second", Assert.Single(await Waiting()).GetProperty("prompt").GetString());
        Assert.Contains(await List(Served), row => row.Status == "error");
        Assert.Equal(0, (await Served.Run("unlock", Project)).ExitCode);
        await Eventually.True("the second to begin", Deadline, () => File.Exists(Book) && Began().Contains("second"));
        Assert.DoesNotContain("first", Began());
    }

    [Fact]
    public async Task Without_a_daemon_nothing_is_promised()
    {
        ConfigureWorker(1);
        var refused = await Alone.Run("launch", "worker", "-p", "x", "--cwd", Project, "--queue");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("The queue needs the daemon", refused.Error, StringComparison.Ordinal);
        Assert.Empty(await List(Alone));
    }

    private List<string> Began() => [.. File.ReadAllLines(Book).Where(line => line.StartsWith("began ", StringComparison.Ordinal)).Select(line => line.Split(' ')[1])];

    private async Task<IReadOnlyList<JsonElement>> Waiting()
    {
        var queue = await Served.Quietly("queue", "list", "--json");
        Assert.True(queue.ExitCode == 0, queue.Error);
        return [.. JsonDocument.Parse(queue.Output).RootElement.EnumerateArray()];
    }
}
