Console.WriteLine("scripted agent");
