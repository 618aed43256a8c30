namespace Agentctl.Platform;

/// <summary>
/// Turns any number of signals into few calls: the first at once, later ones after a pause, never two at the same time.
/// No timer runs while there are no signals.
/// </summary>
internal sealed class CoalescedCalls : IDisposable
{
    private enum State
    {
        Resting,
        Calling,
        Pausing,
        Ended,
    }

    private readonly Lock _gate = new();
    private readonly Action _call;
    private readonly TimeSpan _pause;
    private readonly ITimer _timer;
    private State _state;
    private bool _signalled;

    public CoalescedCalls(Action call, TimeSpan pause, TimeProvider time)
    {
        _call = call;
        _pause = pause;
        _timer = time.CreateTimer(static state => ((CoalescedCalls)state!).Due(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Signal()
    {
        lock (_gate)
        {
            if (_state == State.Resting)
            {
                _state = State.Calling;
                _timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
            else
            {
                _signalled = true;
            }
        }
    }

    private void Due()
    {
        lock (_gate)
        {
            if (_state == State.Pausing && !_signalled)
            {
                _state = State.Resting;
            }

            if (_state is State.Resting or State.Ended)
            {
                return;
            }

            _state = State.Calling;
            _signalled = false;
        }

        _call();
        lock (_gate)
        {
            if (_state == State.Calling)
            {
                _state = State.Pausing;
                _timer.Change(_pause, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _state = State.Ended;
        }

        _timer.Dispose();
    }
}
