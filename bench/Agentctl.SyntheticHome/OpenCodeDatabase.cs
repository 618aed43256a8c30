using System.Globalization;
using System.Text;

namespace Agentctl.SyntheticHome;

/// <summary>OpenCode 1.18 keeps everything in one SQLite database: what fills it, as a script for <c>sqlite3</c>, with its own tables and indexes as far as they are read.</summary>
internal sealed class OpenCodeDatabase
{
    private readonly StringBuilder rows = new();

    public void Add(int i, DateTimeOffset at)
    {
        var ms = at.ToUnixTimeMilliseconds();
        rows.Append(CultureInfo.InvariantCulture, $$"""
            insert into session values ('ses_{{i}}', '/work/project-{{i % 250:D3}}', 'a title', '1.18.33', null, 'build', '{"id":"fake-model"}', 0, 10, 5, 0, 0, {{ms}}, {{ms}});
            insert into message values ('msg_{{i}}a', 'ses_{{i}}', {{ms}}, {{ms}}, '{"role":"user","time":{"created":{{ms}} } }');
            insert into part values ('prt_{{i}}a', 'msg_{{i}}a', 'ses_{{i}}', {{ms}}, {{ms}}, '{"type":"text","text":"do it"}');
            insert into message values ('msg_{{i}}b', 'ses_{{i}}', {{ms}}, {{ms}}, '{"role":"assistant","time":{"created":{{ms}},"completed":{{ms}}},"finish":"stop","modelID":"fake-model"}');
            insert into part values ('prt_{{i}}b', 'msg_{{i}}b', 'ses_{{i}}', {{ms}}, {{ms}}, '{"type":"text","text":"Done. {{new string('o', 2000)}}"}');

            """);
    }

    public string Script() => $"""
        pragma journal_mode = wal;
        create table session (id text primary key, directory text, title text, version text, parent_id text, agent text, model text, cost real, tokens_input integer, tokens_output integer, tokens_cache_read integer, tokens_cache_write integer, time_created integer, time_updated integer);
        create table message (id text primary key, session_id text, time_created integer, time_updated integer, data text);
        create table part (id text primary key, message_id text, session_id text, time_created integer, time_updated integer, data text);
        create index message_session_time_created_id_idx on message (session_id, time_created, id);
        create index part_message_id_id_idx on part (message_id, id);
        create index part_session_idx on part (session_id);
        begin;
        {rows}
        commit;
        """;
}
