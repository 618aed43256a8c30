using Xunit;

namespace Agentctl.Launches.Tests;

public sealed class ReproducibleFilesTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("reproducible-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [InlineData("node_modules/a/b.js")]
    [InlineData("web/node_modules/.env")]
    [InlineData(".venv/lib/x.py")]
    [InlineData("target/debug/app")]
    [InlineData("src/App/bin/Debug/app.dll")]
    [InlineData("src/App/obj/project.assets.json")]
    [InlineData("pkg/__pycache__/a.txt")]
    [InlineData("a/b.pyc")]
    [InlineData(".DS_Store")]
    [InlineData("x.egg-info/PKG-INFO")]
    public void What_tools_make_is_reproducible(string path) => Assert.True(new ReproducibleFiles(root).Contains(path));

    [Theory]
    [InlineData(".env")]
    [InlineData("app.sqlite")]
    [InlineData("bin/app.sqlite")]
    [InlineData("target/.env.local")]
    [InlineData("obj/signing.PEM")]
    [InlineData("notes/target.txt")]
    [InlineData("my_node_modules/a.js")]
    [InlineData("build/plan.md")]
    [InlineData("vendor/a.go")]
    [InlineData("env/settings")]
    public void What_a_person_may_have_made_is_not(string path) => Assert.False(new ReproducibleFiles(root).Contains(path));

    [Theory]
    [InlineData("CMakeLists.txt", "build/a.bin")]
    [InlineData("package.json", "dist/a.js")]
    [InlineData("go.mod", "vendor/a.go")]
    [InlineData("env/pyvenv.cfg", "env/settings")]
    public void Ambiguous_folder_is_reproducible_with_evidence_beside_it(string evidence, string path)
    {
        Write(evidence, "");
        Assert.True(new ReproducibleFiles(root).Contains(path));
        Assert.False(new ReproducibleFiles(root).Contains("other/" + path));
    }

    [Fact]
    public void Folder_with_a_cache_tag_is_reproducible()
    {
        Write("a/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n# made by a tool\n");
        Write("b/CACHEDIR.TAG", "Signature: something else that is as long as the true one\n");
        Assert.True(new ReproducibleFiles(root).Contains("a/deep/file"));
        Assert.False(new ReproducibleFiles(root).Contains("b/deep/file"));
    }

    private void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, path))!);
        File.WriteAllText(Path.Combine(root, path), content);
    }
}
