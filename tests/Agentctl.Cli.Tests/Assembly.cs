using System.Runtime.Versioning;

// Sandboxes are network namespaces.
[assembly: SupportedOSPlatform("linux")]
