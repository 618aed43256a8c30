using System.Runtime.InteropServices;

namespace Agentctl.Adapters.Tests;

/// <summary>Makes databases as agents do; the shell tool sqlite3 is not everywhere.</summary>
internal static partial class Sqlite
{
    private const string Library = "libsqlite3.so.0";

    public static void Create(string path, params string[] statements)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (Open(path, out var database) != 0)
        {
            throw new IOException($"cannot create {path}");
        }

        try
        {
            foreach (var statement in statements)
            {
                if (Execute(database, statement, 0, 0, 0) is not 0 and var code)
                {
                    throw new IOException($"SQLite answered {code} to: {statement}");
                }
            }
        }
        finally
        {
            _ = Close(database);
        }
    }

    [LibraryImport(Library, EntryPoint = "sqlite3_open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, out nint database);

    [LibraryImport(Library, EntryPoint = "sqlite3_exec", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(nint database, string sql, nint callback, nint argument, nint error);

    [LibraryImport(Library, EntryPoint = "sqlite3_close")]
    private static partial int Close(nint database);
}
