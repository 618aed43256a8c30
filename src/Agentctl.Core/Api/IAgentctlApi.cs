namespace Agentctl.Core;

/// <summary>Everything agentctl answers: the daemon over its socket, or a command in process.</summary>
public interface IAgentctlApi : ISessionApi, ILaunchApi, IAcpApi;
