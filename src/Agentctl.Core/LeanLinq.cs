// In the namespace above all of ours, so that these are found before System.Linq's wherever our code says Select or Where.
#pragma warning disable IDE0130
namespace Agentctl;

/// <summary>
/// <c>Select</c> and <c>Where</c> without the iterator classes of System.Linq. Those offer a virtual Select of their own, and a
/// native build has to compile it for every pair of element types anywhere in the program: 2.3 MB of a 9 MB agentctl. Here a pair
/// costs one small iterator, and only where it is used. .NET 10 builds System.Linq small by itself; on that alone this file can go.
/// </summary>
public static class LeanLinq
{
    public static IEnumerable<TResult> Select<TSource, TResult>(this IEnumerable<TSource> source, Func<TSource, TResult> selector)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(selector);
        return Each(source, selector);
    }

    public static IEnumerable<TSource> Where<TSource>(this IEnumerable<TSource> source, Func<TSource, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(predicate);
        return Matching(source, predicate);
    }

    private static IEnumerable<TResult> Each<TSource, TResult>(IEnumerable<TSource> source, Func<TSource, TResult> selector)
    {
        foreach (var item in source)
        {
            yield return selector(item);
        }
    }

    private static IEnumerable<TSource> Matching<TSource>(IEnumerable<TSource> source, Func<TSource, bool> predicate)
    {
        foreach (var item in source)
        {
            if (predicate(item))
            {
                yield return item;
            }
        }
    }
}
