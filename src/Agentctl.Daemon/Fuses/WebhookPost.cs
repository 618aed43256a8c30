using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Agentctl.Daemon;

/// <summary>
/// Delivers one message to a webhook. Only the status of the answer counts: redirects are not followed, because the body would go to
/// an address that nobody entered, and an answer's body is not read.
/// </summary>
internal sealed class WebhookPost : IDisposable
{
    public const string Delivered = "delivered";

    /// <summary>Includes connecting. A receiver that needs longer gets the message again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>So much of an answer's body is taken off a connection to use it again; with more the connection is closed.</summary>
    private const int DrainedBytes = 4096;

    private readonly Lazy<HttpClient> http = new(static () => new HttpClient(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxResponseHeadersLength = 16,
        MaxResponseDrainSize = DrainedBytes,
        ResponseDrainTimeout = TimeSpan.FromSeconds(1),
    })
    {
        Timeout = Patience,
    });

    /// <summary><see cref="Delivered"/>, or why not.</summary>
    /// <exception cref="OperationCanceledException">By <paramref name="cancellationToken"/> only.</exception>
    public async Task<string> Send(Uri address, byte[] json, CancellationToken cancellationToken)
    {
        try
        {
            using var body = new ByteArrayContent(json);
            body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = body };
            using var answer = await http.Value.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return (int)answer.StatusCode switch
            {
                >= 200 and < 300 => Delivered,
                >= 300 and < 400 and var status => $"it answered {status}, a redirect, and redirects are not followed",
                var status => $"it answered {status}",
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"it did not answer within {Patience.TotalSeconds:0} s";
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or SocketException)
        {
            return failure.Message;
        }
    }

    public void Dispose()
    {
        if (http.IsValueCreated)
        {
            http.Value.Dispose();
        }
    }
}
