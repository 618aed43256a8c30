namespace Agentctl.Launches;

/// <summary>Where a webhook may go: an absolute http or https address with a host.</summary>
public static class WebhookAddress
{
    /// <summary>The address; null when <paramref name="text"/> is none. Such a webhook is never called.</summary>
    public static Uri? TryParse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.Host.Length > 0 ? address : null;

    /// <summary>What is wrong with a webhook, as a sentence; null when nothing is, or there is none.</summary>
    public static string? Wrong(string? text) => text is null || TryParse(text) is not null ? null : $"'{text}' is not an http or https address.";
}
