using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>The few functions of libsqlite3.so.0 that reading needs. They return a result code unless said otherwise.</summary>
internal static unsafe partial class SqliteLibrary
{
    public const string Name = "libsqlite3.so.0";

    public const int SQLITE_OK = 0;
    public const int SQLITE_ROW = 100;
    public const int SQLITE_DONE = 101;

    public const int SQLITE_INTEGER = 1;
    public const int SQLITE_FLOAT = 2;
    public const int SQLITE_NULL = 5;

    /// <summary>Read only, the name is a URI, no mutex (one thread at a time, as callers promise).</summary>
    public const int OpenFlags = 0x1 | 0x40 | 0x8000;

    /// <summary>The library copies the text before it returns.</summary>
    public const nint SQLITE_TRANSIENT = -1;

    private static readonly Lazy<bool> Available = new(static () => NativeLibrary.TryLoad(Name, out _));

    public static bool IsAvailable => Available.Value;

    [LibraryImport(Name, EntryPoint = "sqlite3_open_v2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string uri, out nint database, int flags, nint vfs);

    [LibraryImport(Name, EntryPoint = "sqlite3_close_v2")]
    public static partial int Close(nint database);

    [LibraryImport(Name, EntryPoint = "sqlite3_busy_timeout")]
    public static partial int BusyTimeout(nint database, int milliseconds);

    /// <summary>Text owned by the connection.</summary>
    [LibraryImport(Name, EntryPoint = "sqlite3_errmsg")]
    private static partial nint ErrorMessage(nint database);

    [LibraryImport(Name, EntryPoint = "sqlite3_prepare_v2")]
    public static partial int Prepare(nint database, byte* sql, int bytes, out nint statement, nint tail);

    [LibraryImport(Name, EntryPoint = "sqlite3_bind_text")]
    public static partial int BindText(nint statement, int index, byte* text, int bytes, nint destructor);

    [LibraryImport(Name, EntryPoint = "sqlite3_step")]
    public static partial int Step(nint statement);

    /// <summary>Frees the statement; the code of its last failure, of no interest.</summary>
    [LibraryImport(Name, EntryPoint = "sqlite3_finalize")]
    public static partial int Finish(nint statement);

    /// <summary>Never an error.</summary>
    [LibraryImport(Name, EntryPoint = "sqlite3_column_count")]
    public static partial int ColumnCount(nint statement);

    /// <summary>A type, never an error; NULL for a column that is not there.</summary>
    [LibraryImport(Name, EntryPoint = "sqlite3_column_type")]
    public static partial int ColumnType(nint statement, int index);

    /// <summary>Text owned by the row; null for an empty blob.</summary>
    [LibraryImport(Name, EntryPoint = "sqlite3_column_text")]
    public static partial byte* ColumnText(nint statement, int index);

    [LibraryImport(Name, EntryPoint = "sqlite3_column_bytes")]
    public static partial int ColumnBytes(nint statement, int index);

    [LibraryImport(Name, EntryPoint = "sqlite3_column_int64")]
    public static partial long ColumnInt64(nint statement, int index);

    [LibraryImport(Name, EntryPoint = "sqlite3_column_double")]
    public static partial double ColumnDouble(nint statement, int index);

    /// <summary>The largest value or row, in bytes.</summary>
    public const int SQLITE_LIMIT_LENGTH = 0;

    /// <summary>The limit as it was; never an error.</summary>
    [LibraryImport(Name, EntryPoint = "sqlite3_limit")]
    public static partial int Limit(nint database, int id, int value);

    /// <summary>Calls the handler about every so many steps of a query; a handler that returns anything but 0 interrupts it. Returns nothing.</summary>
    [LibraryImport(Name, EntryPoint = "sqlite3_progress_handler")]
    public static partial void OnProgress(nint database, int steps, delegate* unmanaged[Cdecl]<nint, int> handler, nint argument);

    public static string Message(nint database) => Marshal.PtrToStringUTF8(ErrorMessage(database)) ?? "unknown error";
}
