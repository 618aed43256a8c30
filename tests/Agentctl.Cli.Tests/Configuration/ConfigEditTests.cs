using System.Text;
using Agentctl.Cli.Configuration;
using Xunit;

namespace Agentctl.Cli.Tests.Configuration;

public sealed class ConfigEditTests
{
    [Theory]
    [InlineData("", "{\n  \"model\": 1\n}\n")]
    [InlineData("{}", "{\n  \"model\": 1\n}")]
    [InlineData("{\n}\n", "{\n  \"model\": 1\n}\n")]
    [InlineData("{ \"model\": \"old\" , \"mine\": [1, 2] }", "{ \"model\": 1 , \"mine\": [1, 2] }")]
    [InlineData("{\n  // why\n  \"mine\": {\"model\": 2}\n}\n", "{\n  // why\n  \"mine\": {\"model\": 2},\n  \"model\": 1\n}\n")]
    [InlineData("{\n  \"mine\": 3,\n}\n", "{\n  \"mine\": 3,\n  \"model\": 1\n}\n")]
    [InlineData("{\"model\":\"a\",\"model\":\"b\"}", "{\"model\":\"a\",\"model\":1}")]
    public void Set_changes_one_value_and_no_other_byte(string file, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(ConfigEdit.Set(Encoding.UTF8.GetBytes(file), "model", "1")));

    [Theory]
    [InlineData("", "")]
    [InlineData("{}", "{}")]
    [InlineData("{\"mine\":{\"model\":2}}", "{\"mine\":{\"model\":2}}")]
    [InlineData("{\"model\": 1}", "{}")]
    [InlineData("{\"a\": 1, \"model\": 2}", "{\"a\": 1 }")]
    [InlineData("{\"model\": 2, \"a\": 1}", "{ \"a\": 1}")]
    [InlineData("{\n  \"a\": 1,\n  \"model\": 2\n}\n", "{\n  \"a\": 1\n}\n")]
    [InlineData("{\n  \"model\": {\"x\": [1]},\n  // why\n  \"a\": 1,\n}\n", "{\n  // why\n  \"a\": 1,\n}\n")]
    [InlineData("{\n  \"a\": 1, // why, so\n  /* , */ \"model\": 2 // because\n}\n", "{\n  \"a\": 1 // why, so\n  /* , */  // because\n}\n")]
    [InlineData("{\"model\":\"a\",\"b\":1,\"model\":\"c\"}", "{\"b\":1}")]
    public void Remove_takes_one_key_and_no_other_byte(string file, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(ConfigEdit.Remove(Encoding.UTF8.GetBytes(file), "model")));

    [Theory]
    [InlineData("1", true)]
    [InlineData("{\"a\": [1, 2]}", true)]
    [InlineData("1, \"other\": 2", false)]
    [InlineData("1} //", false)]
    [InlineData("", false)]
    [InlineData("[1", false)]
    public void A_value_is_one_value(string json, bool isOne) => Assert.Equal(isOne, ConfigEdit.IsOneValue(json));

    [Fact]
    public void Set_keeps_a_byte_order_mark()
    {
        byte[] file = [.. Encoding.UTF8.Preamble, .. "{\"model\":2}"u8];
        Assert.Equal([.. Encoding.UTF8.Preamble, .. "{\"model\":1}"u8], ConfigEdit.Set(file, "model", "1"));
    }
}
