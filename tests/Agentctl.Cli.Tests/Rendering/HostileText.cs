using System.Collections;
using System.Reflection;
using System.Text.Json;

namespace Agentctl.Cli.Tests.Rendering;

/// <summary>Builds any document of the API with the given text in every string that it holds, at any depth.</summary>
internal sealed class HostileText(string text)
{
    public object? Of(Type type, string? name = null)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) ? text
            : type == typeof(int) ? 3
            : type == typeof(long) ? 4096L
            : type == typeof(ulong) ? 77UL
            : type == typeof(double) ? 1.5
            : type == typeof(decimal) ? 1.5m
            : type == typeof(bool) ? name is "Alive" or "Decided" or "Removed" or "Ok"
            : type == typeof(DateTimeOffset) ? SampleRows.Now.AddMinutes(-5)
            : type == typeof(TimeSpan) ? TimeSpan.FromSeconds(5)
            : type == typeof(JsonElement) ? JsonSerializer.SerializeToElement(text)
            : type.IsEnum ? Enum.GetValues(type).GetValue(0)
            : Many(type) is { } list ? list
            : Record(type);
    }

    private object? Many(Type type)
    {
        var arguments = type.IsGenericType ? type.GetGenericArguments() : [];
        if (type.IsArray || (arguments.Length == 1 && type.IsAssignableTo(typeof(IEnumerable))))
        {
            var item = type.IsArray ? type.GetElementType()! : arguments[0];
            var list = Array.CreateInstance(item, 2);
            list.SetValue(Of(item), 0);
            list.SetValue(Of(item), 1);
            return list;
        }

        if (arguments.Length == 2 && type.IsAssignableTo(typeof(IEnumerable)))
        {
            var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(arguments))!;
            map[Of(arguments[0])!] = Of(arguments[1]);
            return map;
        }

        return null;
    }

    private object Record(Type type)
    {
        var constructor = type.GetConstructors().OrderByDescending(static one => one.GetParameters().Length)
            .First(one => one.GetParameters() is not [var only] || only.ParameterType != type);
        var made = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Of(parameter.ParameterType, parameter.Name))]);
        foreach (var property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(static one => one.CanWrite))
        {
            property.SetValue(made, Of(property.PropertyType, property.Name));
        }

        return made;
    }
}
